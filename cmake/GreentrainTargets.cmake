# greentrain_library(NAME SOURCES... ): one static library per folder, target greentrain_NAME.
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
