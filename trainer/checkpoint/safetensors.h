#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace greentrain {

// The safetensors format (github.com/huggingface/safetensors), without libtorch: eight bytes N,
// little-endian; N bytes of JSON, {"__metadata__": {text: text}, "name": {"dtype": "F32", "shape":
// [2, 3], "data_offsets": [begin, end]}, ...}, padded with spaces so that N is a multiple of 8;
// then the tensors, row-major and little-endian, offsets counted from here, without gaps or
// overlaps.

/// One tensor; its bytes belong to someone else.
struct SafetensorsEntry {
  std::string name;
  std::string dtype;  ///< "F32", "I64", ...: see safetensors_element_size().
  std::vector<std::int64_t> shape;
  std::span<const std::byte> bytes;
};

struct Safetensors {
  std::map<std::string, std::string> metadata;
  std::vector<SafetensorsEntry> tensors;  ///< In the order of their bytes.
};

/// Bytes of one element of a dtype; empty for a dtype that is not known.
std::optional<std::size_t> safetensors_element_size(std::string_view dtype);

/// The bytes of a file. The widest elements come first and then names in order, as the format's
/// own writer does, so that every tensor is aligned to its elements. Throws Error when bytes and
/// shape of a tensor disagree or a name comes twice.
std::string format_safetensors(const Safetensors& content);

/// The same in pieces that follow each other, `head` and then the tensors, none of which is copied.
struct SafetensorsPieces {
  std::string head;
  std::vector<std::span<const std::byte>> tensors;
};
SafetensorsPieces safetensors_pieces(const Safetensors& content);

/// What `file` holds, as views of it. Throws UsageError, with `path` and the tensor's name, for
/// anything that breaks the format: no byte outside `file` is ever named.
Safetensors parse_safetensors(std::string_view file, const std::string& path);
Safetensors parse_safetensors(std::string&& file,
                              const std::string& path) = delete;  // Views of it.

}  // namespace greentrain
