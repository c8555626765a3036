# greentrain_library(NAME SOURCES... ): one static library per folder, target greentrain_NAME.
# greentrain_precompile(TARGET torch|gmock): reads libtorch's, or GoogleMock's, headers in advance.
# greentrain_program(NAME SOURCES... ): one executable in bin/, installed with the library paths it was linked with.
# Includes are written from the repository root: "meter/energy_meter.h".
include_guard()

add_library(greentrain_settings INTERFACE)
target_compile_features(greentrain_settings INTERFACE cxx_std_20)
target_include_directories(greentrain_settings INTERFACE "${PROJECT_SOURCE_DIR}")

add_library(greentrain_warnings INTERFACE)
target_compile_options(greentrain_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion
  # g++ 12 sees overlapping copies in inlined std::string code (GCC bug 105329).
  $<$<AND:$<CXX_COMPILER_ID:GNU>,$<CONFIG:Release>>:-Wno-restrict>
  $<$<BOOL:${GREENTRAIN_WERROR}>:-Werror>)

function(greentrain_library name)
  add_library(greentrain_${name} STATIC ${ARGN})
  target_link_libraries(greentrain_${name}
    PUBLIC greentrain_settings PRIVATE greentrain_warnings)
endfunction()

function(greentrain_program name)
  add_executable(${name} ${ARGN})
  target_link_libraries(${name} PRIVATE greentrain_settings greentrain_warnings)
  set_target_properties(${name} PROPERTIES INSTALL_RPATH_USE_LINK_PATH ON)
  install(TARGETS ${name})
endfunction()

# Half of a build would be the reading of these headers, again in each file. A file still includes what it uses.
set(GREENTRAIN_TORCH_HEADER <torch/nn/module.h>)
set(GREENTRAIN_GMOCK_HEADER <gmock/gmock.h>)
function(greentrain_precompile name what)
  set(headers greentrain_${what}_headers)
  if(NOT TARGET ${headers})
    string(TOUPPER GREENTRAIN_${what}_HEADER header)
    file(CONFIGURE OUTPUT "${PROJECT_BINARY_DIR}/${headers}.cpp" CONTENT "// What others precompile with.\n")
    add_library(${headers} OBJECT "${PROJECT_BINARY_DIR}/${headers}.cpp")
    target_link_libraries(${headers} PRIVATE
      greentrain_settings greentrain_warnings $<IF:$<STREQUAL:${what},torch>,torch::cpu,GTest::gmock>)
    target_precompile_headers(${headers} PRIVATE ${${header}})
  endif()
  target_precompile_headers(${name} REUSE_FROM ${headers})
  # With it ccache need not read the headers either.
  target_compile_options(${name} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
endfunction()
