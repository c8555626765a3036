# Finds nvml.h, the header of NVIDIA's management library: in the folder given, else in a CUDA Toolkit, else in
# the cache of scripts/fetch.py, which gets it (124 kB) where it is missing. The library itself is opened at
# run time, so that programs start on machines without a driver.
#
# Input:   NVML_INCLUDE_DIR   folder that holds nvml.h
# Targets: nvml::header
find_path(NVML_INCLUDE_DIR nvml.h
  PATHS "$ENV{CUDA_HOME}/include" /usr/local/cuda/include /opt/cuda/include)
if(NOT NVML_INCLUDE_DIR)
  find_package(Python3 QUIET COMPONENTS Interpreter)
  execute_process(COMMAND "${Python3_EXECUTABLE}" "${PROJECT_SOURCE_DIR}/scripts/fetch.py" nvml-13.0.87
    OUTPUT_VARIABLE _nvml_bundle OUTPUT_STRIP_TRAILING_WHITESPACE)
  find_path(NVML_INCLUDE_DIR nvml.h PATHS "${_nvml_bundle}/nvidia/cu13/include" NO_DEFAULT_PATH)
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Nvml REQUIRED_VARS NVML_INCLUDE_DIR
  REASON_FAILURE_MESSAGE "Run scripts/fetch.py nvml-13.0.87, or set NVML_INCLUDE_DIR to a folder with nvml.h.")
if(Nvml_FOUND AND NOT TARGET nvml::header)
  add_library(nvml::header INTERFACE IMPORTED)
  target_include_directories(nvml::header INTERFACE "${NVML_INCLUDE_DIR}")
endif()
