# Finds libtorch in an unpacked PyPI wheel, a libtorch archive or an installed Python torch.
#
# Input:   LIBTORCH_ROOT   folder that holds include/ and lib/ (empty: ask python3)
#          GREENTRAIN_WITH_CUDA   also find the CUDA half
# Targets: torch::cpu, and torch::cuda with GREENTRAIN_WITH_CUDA
#
# find_package(Torch) from the wheel is not used: it needs the CUDA Toolkit even for a CPU program.
set(LIBTORCH_ROOT "" CACHE PATH "Folder with include/ATen and lib/libtorch_cpu.so")
set(_root "${LIBTORCH_ROOT}")
if(NOT _root)
  find_package(Python3 QUIET COMPONENTS Interpreter)
  if(Python3_EXECUTABLE)
    execute_process(COMMAND "${Python3_EXECUTABLE}" -c
      "import importlib.util as u;print(u.find_spec('torch').submodule_search_locations[0])"
      OUTPUT_VARIABLE _root OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  endif()
endif()

if(NOT "${_root}" STREQUAL "${_libtorch_searched}")  # Another folder than last time: search anew.
  foreach(_found INCLUDE_DIR c10 cpu c10_cuda cuda)
    unset(LibTorch_${_found} CACHE)
  endforeach()
  set(_libtorch_searched "${_root}" CACHE INTERNAL "LIBTORCH_ROOT of the last configure step")
endif()

set(_hint PATHS "${_root}" NO_DEFAULT_PATH)
find_path(LibTorch_INCLUDE_DIR ATen/ATen.h PATH_SUFFIXES include ${_hint})
find_library(LibTorch_c10 c10 PATH_SUFFIXES lib ${_hint})
find_library(LibTorch_cpu torch_cpu PATH_SUFFIXES lib ${_hint})
set(_need LibTorch_cpu LibTorch_c10 LibTorch_INCLUDE_DIR)
if(GREENTRAIN_WITH_CUDA)
  find_library(LibTorch_c10_cuda c10_cuda PATH_SUFFIXES lib ${_hint})
  find_library(LibTorch_cuda torch_cuda PATH_SUFFIXES lib ${_hint})
  list(APPEND _need LibTorch_c10_cuda LibTorch_cuda)
endif()

if(LibTorch_INCLUDE_DIR)
  set(_version_header "${LibTorch_INCLUDE_DIR}/torch/headeronly/version.h")
  if(EXISTS "${_version_header}")
    file(STRINGS "${_version_header}" _version REGEX "define TORCH_VERSION_(MAJOR|MINOR|PATCH) ")
    string(REGEX REPLACE "[^0-9;]" "" _version "${_version}")
    string(REPLACE ";" "." LibTorch_VERSION "${_version}")
  endif()
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(LibTorch
  REQUIRED_VARS ${_need} VERSION_VAR LibTorch_VERSION HANDLE_VERSION_RANGE
  REASON_FAILURE_MESSAGE "Run scripts/quickstart.sh, or set LIBTORCH_ROOT to a libtorch folder.")

if(LibTorch_FOUND AND NOT TARGET torch::cpu)
  get_filename_component(_lib "${LibTorch_cpu}" DIRECTORY)
  # Three folders only: google/, fmt/ and dnnl*.h beside them would shadow the system's headers.
  set(_include "${PROJECT_BINARY_DIR}/libtorch-include")
  file(MAKE_DIRECTORY "${_include}")
  foreach(_folder ATen c10 torch)
    file(REMOVE "${_include}/${_folder}")
    file(CREATE_LINK "${LibTorch_INCLUDE_DIR}/${_folder}" "${_include}/${_folder}" SYMBOLIC)
  endforeach()
  add_library(torch::c10 SHARED IMPORTED)
  set_target_properties(torch::c10 PROPERTIES IMPORTED_LOCATION "${LibTorch_c10}"
    INTERFACE_INCLUDE_DIRECTORIES "${_include};${_include}/torch/csrc/api/include")
  add_library(torch::cpu SHARED IMPORTED)
  # libtorch names libcudart, libcupti and libgomp: the linker must not insist on finding them.
  set_target_properties(torch::cpu PROPERTIES IMPORTED_LOCATION "${LibTorch_cpu}"
    INTERFACE_LINK_OPTIONS "LINKER:-rpath-link,${_lib};LINKER:--allow-shlib-undefined"
    INTERFACE_LINK_LIBRARIES torch::c10)
  if(GREENTRAIN_WITH_CUDA)
    find_package(NCCL REQUIRED)
    add_library(torch::c10_cuda SHARED IMPORTED)
    set_target_properties(torch::c10_cuda PROPERTIES IMPORTED_LOCATION "${LibTorch_c10_cuda}")
    add_library(torch::cuda SHARED IMPORTED)
    # --as-needed is this compiler's default and would drop torch_cuda, and with it the CUDA back end.
    set_target_properties(torch::cuda PROPERTIES IMPORTED_LOCATION "${LibTorch_cuda}"
      INTERFACE_LINK_OPTIONS "LINKER:--no-as-needed,${LibTorch_cuda},--as-needed"
      INTERFACE_LINK_LIBRARIES "torch::cpu;torch::c10_cuda;nccl::cudart")
  endif()
endif()
