# greentrain_proto(NAME FILE): target greentrain_NAME, the messages of a .proto file in the folder of the caller; its
# header is included as "FOLDER/FILE.pb.h" from the root. The .proto file says `option optimize_for = LITE_RUNTIME`.
include_guard()

function(greentrain_proto name file)
  set(source "${CMAKE_CURRENT_SOURCE_DIR}/${file}")
  file(RELATIVE_PATH path "${PROJECT_SOURCE_DIR}" "${source}")
  string(REGEX REPLACE "\\.proto$" ".pb" stem "${path}")
  set(root "${PROJECT_BINARY_DIR}/proto")
  file(MAKE_DIRECTORY "${root}")
  add_custom_command(
    OUTPUT "${root}/${stem}.cc" "${root}/${stem}.h"
    COMMAND protobuf::protoc "--proto_path=${PROJECT_SOURCE_DIR}" "--cpp_out=${root}" "${source}"
    DEPENDS "${source}" protobuf::protoc
    VERBATIM)
  add_library(greentrain_${name} STATIC "${root}/${stem}.cc" "${root}/${stem}.h")
  target_compile_features(greentrain_${name} PUBLIC cxx_std_20)
  # As a system folder: what protoc writes is not held to our warnings.
  target_include_directories(greentrain_${name} SYSTEM PUBLIC "${root}")
  target_link_libraries(greentrain_${name} PUBLIC protobuf::libprotobuf-lite)
endfunction()
