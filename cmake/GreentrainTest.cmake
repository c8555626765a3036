# greentrain_test(NAME [TORCH] [LABELS ...] SOURCES ... [LIBS ...]): one gtest executable, one ctest entry. TORCH: it
# includes libtorch.
# greentrain_mpi_test(NAME RANKS 1 2 3 [LABELS ...] SOURCES ... [LIBS ...]): the same, run under
# `mpirun -n` each. What needs a GPU has the label gpu: the presets leave it out, scripts/gpu_check.sh runs it.
# greentrain_python_test(NAME FILE): a unittest file of the standard library; GREENTRAIN_BIN names the
# folder of the built programs.
include_guard()

set_property(GLOBAL PROPERTY GREENTRAIN_TEST_SOURCES "")

function(_greentrain_test_executable name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "TORCH" "" "SOURCES;LIBS")
  add_executable(${name} ${arg_SOURCES})
  if(arg_TORCH)
    greentrain_precompile(${name} torch)
  else()
    greentrain_precompile(${name} gmock)
  endif()
  target_link_libraries(${name} PRIVATE greentrain_warnings GTest::gmock ${arg_LIBS})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests")
  foreach(source IN LISTS arg_SOURCES)
    set_property(GLOBAL APPEND PROPERTY GREENTRAIN_TEST_SOURCES
      "${CMAKE_CURRENT_SOURCE_DIR}/${source}")
  endforeach()
endfunction()

function(greentrain_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "TORCH" "" "SOURCES;LIBS;LABELS")
  set(torch "")
  if(arg_TORCH)
    set(torch TORCH)
  endif()
  _greentrain_test_executable(${name} ${torch} SOURCES ${arg_SOURCES} LIBS ${arg_LIBS} GTest::gmock_main)
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT 300 LABELS "${arg_LABELS}")
endfunction()

function(greentrain_mpi_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBS;LABELS;RANKS")
  _greentrain_test_executable(${name} SOURCES ${arg_SOURCES} LIBS ${arg_LIBS})
  foreach(ranks IN LISTS arg_RANKS)
    add_test(NAME ${name}_n${ranks}
      COMMAND ${MPIEXEC_EXECUTABLE} --quiet --oversubscribe -n ${ranks} $<TARGET_FILE:${name}>)
    set_tests_properties(${name}_n${ranks} PROPERTIES TIMEOUT 300 LABELS "mpi;${arg_LABELS}" PROCESSORS 2
      ENVIRONMENT "OMPI_ALLOW_RUN_AS_ROOT=1;OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1")
  endforeach()
endfunction()

function(greentrain_python_test name file)
  set(source "${CMAKE_CURRENT_SOURCE_DIR}/${file}")
  set_property(GLOBAL APPEND PROPERTY GREENTRAIN_TEST_SOURCES "${source}")
  add_test(NAME ${name} COMMAND Python3::Interpreter -B "${source}")
  set_tests_properties(${name} PROPERTIES TIMEOUT 300
    ENVIRONMENT "GREENTRAIN_BIN=${CMAKE_RUNTIME_OUTPUT_DIRECTORY}")
endfunction()

# Fails the configure step when a *_test.cpp or *_test.py under tests/ is run by no test.
function(greentrain_check_orphan_tests)
  get_property(listed GLOBAL PROPERTY GREENTRAIN_TEST_SOURCES)
  file(GLOB_RECURSE present CONFIGURE_DEPENDS
    "${PROJECT_SOURCE_DIR}/tests/*_test.cpp" "${PROJECT_SOURCE_DIR}/tests/*_test.py")
  if(NOT GREENTRAIN_WITH_TRAINER)
    list(FILTER present EXCLUDE REGEX "/tests/(trainer|cli|scripts)/|/mpi_[a-z_]*_test\\.(cpp|py)$")
  endif()
  if(NOT GREENTRAIN_WITH_NCCL)
    list(FILTER present EXCLUDE REGEX "/device/(cuda|nccl)_[a-z_]*_test\\.cpp$")
  endif()
  if(NOT GREENTRAIN_WITH_NCCL OR NOT GREENTRAIN_WITH_CUDA)
    list(FILTER present EXCLUDE REGEX "_gpu_test\\.cpp$")
  endif()
  list(REMOVE_ITEM present ${listed})
  if(present)
    list(JOIN present "\n  " names)
    message(FATAL_ERROR "Test files that no test runs:\n  ${names}")
  endif()
endfunction()
