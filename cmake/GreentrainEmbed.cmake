# greentrain_embed_text(TARGET SYMBOL FILE): compiles a text file into TARGET as
# `extern const std::string_view SYMBOL;` in namespace greentrain, so that programs need no data path.
include_guard()

set(_greentrain_embed_template "${CMAKE_CURRENT_LIST_DIR}/embedded_text.cpp.in")

function(greentrain_embed_text target symbol file)
  file(READ "${CMAKE_CURRENT_SOURCE_DIR}/${file}" text)
  set(output "${CMAKE_CURRENT_BINARY_DIR}/${symbol}.cpp")
  configure_file("${_greentrain_embed_template}" "${output}" @ONLY)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
    "${CMAKE_CURRENT_SOURCE_DIR}/${file}")
  # Clang warns of literals above 65,536 characters, which the standard does not promise.
  set_source_files_properties("${output}" PROPERTIES COMPILE_OPTIONS -Wno-overlength-strings)
  target_sources(${target} PRIVATE "${output}")
endfunction()
