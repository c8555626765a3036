# Finds the CUDA runtime and NCCL: in the wheels beside libtorch, which libtorch itself would load, or
# else in the CUDA Toolkit. Nothing is compiled for the GPU, so there need be no nvcc.
#
# Input:   LIBTORCH_ROOT   its sibling nvidia/ is looked at first
#          NCCL_ROOT       a folder that holds nvidia/, or include/ and lib/
# Targets: nccl::cudart, nccl::nccl
set(NCCL_ROOT "" CACHE PATH "Folder with nvidia/ of unpacked wheels, or with include/nccl.h")
set(_places ${NCCL_ROOT})
if(LibTorch_INCLUDE_DIR)
  get_filename_component(_beside "${LibTorch_INCLUDE_DIR}/../.." ABSOLUTE)
  list(APPEND _places "${_beside}")
endif()
set(_hints)
foreach(_place IN LISTS _places)
  list(APPEND _hints "${_place}/nvidia/cu13" "${_place}/nvidia/nccl" "${_place}")
endforeach()
set(_search HINTS ${_hints} PATHS ENV CUDA_HOME ENV CUDA_PATH /usr/local/cuda)

find_path(NCCL_INCLUDE_DIR nccl.h PATH_SUFFIXES include ${_search})
find_path(NCCL_cudart_INCLUDE_DIR cuda_runtime_api.h PATH_SUFFIXES include ${_search})
find_library(NCCL_LIBRARY NAMES libnccl.so.2 nccl PATH_SUFFIXES lib lib64 ${_search})
find_library(NCCL_cudart_LIBRARY NAMES libcudart.so.13 cudart PATH_SUFFIXES lib lib64 ${_search})

if(NCCL_INCLUDE_DIR)
  file(STRINGS "${NCCL_INCLUDE_DIR}/nccl.h" _version REGEX "define NCCL_(MAJOR|MINOR|PATCH) ")
  string(REGEX REPLACE "[^0-9;]" "" _version "${_version}")
  string(REPLACE ";" "." NCCL_VERSION "${_version}")
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(NCCL
  REQUIRED_VARS NCCL_LIBRARY NCCL_INCLUDE_DIR NCCL_cudart_LIBRARY NCCL_cudart_INCLUDE_DIR
  VERSION_VAR NCCL_VERSION HANDLE_VERSION_RANGE
  REASON_FAILURE_MESSAGE
    "Set LIBTORCH_ROOT to what `scripts/fetch.py libtorch-2.11.0-cuda13` printed, with /torch, or NCCL_ROOT.")

if(NCCL_FOUND AND NOT TARGET nccl::nccl)
  add_library(nccl::cudart SHARED IMPORTED)
  set_target_properties(nccl::cudart PROPERTIES IMPORTED_LOCATION "${NCCL_cudart_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${NCCL_cudart_INCLUDE_DIR}")
  add_library(nccl::nccl SHARED IMPORTED)
  set_target_properties(nccl::nccl PROPERTIES IMPORTED_LOCATION "${NCCL_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${NCCL_INCLUDE_DIR}" INTERFACE_LINK_LIBRARIES nccl::cudart)
endif()
