#include "trainer/checkpoint/safetensors.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <set>
#include <tuple>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "core/error.h"

namespace greentrain {
namespace {

static_assert(std::endian::native == std::endian::little, "files are little-endian");

using Json = nlohmann::ordered_json;

constexpr std::size_t kPrefix = sizeof(std::uint64_t);
constexpr std::size_t kMaxHeader = 100'000'000;  // Of the format's own reader.
constexpr auto kMetadata = "__metadata__";

constexpr auto kElementSizes =
    std::to_array<std::pair<std::string_view, std::size_t>>({{"F64", 8},
                                                             {"F32", 4},
                                                             {"F16", 2},
                                                             {"BF16", 2},
                                                             {"I64", 8},
                                                             {"I32", 4},
                                                             {"I16", 2},
                                                             {"I8", 1},
                                                             {"U64", 8},
                                                             {"U32", 4},
                                                             {"U16", 2},
                                                             {"U8", 1},
                                                             {"BOOL", 1},
                                                             {"F8_E4M3", 1},
                                                             {"F8_E5M2", 1}});

/// Bytes of a tensor; empty when the dtype is not known, a size is negative or the product too
/// large.
std::optional<std::size_t> byte_size(const SafetensorsEntry& tensor) {
  auto size = safetensors_element_size(tensor.dtype);
  bool empty = false;
  for (const std::int64_t length : tensor.shape) {
    if (!size || length < 0) return std::nullopt;
    empty = empty || length == 0;
    if (length > 0 && __builtin_mul_overflow(*size, static_cast<std::size_t>(length), &*size)) {
      return std::nullopt;
    }
  }
  return empty ? 0 : size;
}

std::string describe(const SafetensorsEntry& tensor) {
  return fmt::format("tensor {} ({} [{}])", tensor.name, tensor.dtype,
                     fmt::join(tensor.shape, ", "));
}

/// Reads one file's header; every failure names the file.
class Parser {
 public:
  Parser(std::string_view file, const std::string& path) : file_(file), path_(path) {}

  Safetensors parse() {
    const Json header = parse_header();
    Safetensors content;
    for (const auto& [name, value] : header.items()) {
      if (name == kMetadata) {
        content.metadata = parse_metadata(value);
      } else {
        content.tensors.push_back(parse_tensor(name, value));
      }
    }
    check_cover(content.tensors);
    return content;
  }

 private:
  template <class... Args>
  [[noreturn]] void fail(fmt::format_string<Args...> format, Args&&... args) const {
    throw UsageError(fmt::format("{}: not a safetensors file: {}", path_,
                                 fmt::format(format, std::forward<Args>(args)...)));
  }

  Json parse_header() {
    std::uint64_t size = 0;
    if (file_.size() < kPrefix) fail("{} bytes, expected at least {}", file_.size(), kPrefix);
    std::memcpy(&size, file_.data(), kPrefix);
    if (size > std::min(file_.size() - kPrefix, kMaxHeader)) {
      fail("a header of {} bytes in a file of {} (at most {} are allowed)", size, file_.size(),
           kMaxHeader);
    }
    const auto text = file_.substr(kPrefix, size);
    data_ = std::as_bytes(std::span(file_)).subspan(kPrefix + size);
    if (!text.starts_with('{')) fail("the header does not begin with '{{'");
    return parse_json(text);
  }

  Json parse_json(std::string_view text) {
    std::vector<std::set<std::string>> keys;  // Of each object that is open.
    std::string twice;
    const auto watch = [&](int, Json::parse_event_t event, Json& value) {
      if (event == Json::parse_event_t::object_start) keys.emplace_back();
      if (event == Json::parse_event_t::object_end) keys.pop_back();
      if (event == Json::parse_event_t::key) {
        const auto& key = value.get_ref<const std::string&>();
        if (!keys.back().insert(key).second) twice = key;
      }
      return true;
    };
    Json header = Json::parse(text, watch, /*allow_exceptions=*/false);
    if (header.is_discarded()) fail("the header is not JSON");
    if (!twice.empty()) fail("the header has \"{}\" twice", twice);
    return header;
  }

  std::map<std::string, std::string> parse_metadata(const Json& value) const {
    if (!value.is_object()) fail("{} is not an object of texts", kMetadata);
    std::map<std::string, std::string> metadata;
    for (const auto& [key, text] : value.items()) {
      if (!text.is_string()) fail("{}: {} is not a text", kMetadata, key);
      metadata[key] = text.get<std::string>();
    }
    return metadata;
  }

  SafetensorsEntry parse_tensor(const std::string& name, const Json& value) const {
    const auto field = [&](const char* key) {
      return value.is_object() ? value.value(key, Json()) : Json();
    };
    const auto dtype = field("dtype");
    if (!dtype.is_string()) fail("tensor {} has no text \"dtype\"", name);
    SafetensorsEntry tensor{name, dtype.get<std::string>(), {}, {}};
    for (const auto length : parse_numbers(name, "shape", field("shape"))) {
      tensor.shape.push_back(static_cast<std::int64_t>(length));
    }
    const auto offsets = parse_numbers(name, "data_offsets", field("data_offsets"));
    if (offsets.size() != 2 || offsets[0] > offsets[1] || offsets[1] > data_.size()) {
      fail("{} has data_offsets [{}], expected [begin, end] within the {} bytes of data",
           describe(tensor), fmt::join(offsets, ", "), data_.size());
    }
    tensor.bytes = data_.subspan(offsets[0], offsets[1] - offsets[0]);
    check_size(tensor);
    return tensor;
  }

  std::vector<std::uint64_t> parse_numbers(const std::string& name, const char* key,
                                           const Json& value) const {
    std::vector<std::uint64_t> numbers;
    if (!value.is_array()) fail("tensor {} has no list \"{}\"", name, key);
    for (const auto& number : value) {
      if (!number.is_number_unsigned() || number.get<std::uint64_t>() > INT64_MAX) {
        fail("tensor {}: \"{}\" holds something that is no size", name, key);
      }
      numbers.push_back(number.get<std::uint64_t>());
    }
    return numbers;
  }

  void check_size(const SafetensorsEntry& tensor) const {
    if (!safetensors_element_size(tensor.dtype)) fail("{} has an unknown dtype", describe(tensor));
    const auto size = byte_size(tensor);
    if (!size) fail("{} is larger than any memory", describe(tensor));
    if (*size != tensor.bytes.size()) {
      fail("{} needs {} bytes, but its data_offsets span {}", describe(tensor), *size,
           tensor.bytes.size());
    }
  }

  /// Sorts by position; each tensor must begin where the last ended, and the last end the file.
  void check_cover(std::vector<SafetensorsEntry>& tensors) const {
    std::stable_sort(tensors.begin(), tensors.end(), [](const auto& a, const auto& b) {
      return std::pair(a.bytes.data(), a.bytes.size()) < std::pair(b.bytes.data(), b.bytes.size());
    });
    const std::byte* end = data_.data();
    for (const auto& tensor : tensors) {
      if (tensor.bytes.data() != end) {
        fail("{} begins at {}, but the one before it ends at {}", describe(tensor),
             tensor.bytes.data() - data_.data(), end - data_.data());
      }
      end += tensor.bytes.size();
    }
    if (end != data_.data() + data_.size()) {
      fail("the tensors end at {} of {} bytes of data", end - data_.data(), data_.size());
    }
  }

  std::string_view file_;
  const std::string& path_;
  std::span<const std::byte> data_;
};

std::vector<SafetensorsEntry> in_file_order(std::vector<SafetensorsEntry> tensors) {
  const auto key = [](const SafetensorsEntry& tensor) {
    const auto size = static_cast<std::int64_t>(safetensors_element_size(tensor.dtype).value_or(0));
    return std::tuple(-size, std::string_view(tensor.name));
  };
  std::sort(tensors.begin(), tensors.end(),
            [&](const auto& a, const auto& b) { return key(a) < key(b); });
  return tensors;
}

std::string header_of(const Safetensors& content, const std::vector<SafetensorsEntry>& tensors) {
  Json header = Json::object();
  if (!content.metadata.empty()) header[kMetadata] = content.metadata;
  std::size_t offset = 0;
  for (const auto& tensor : tensors) {
    if (byte_size(tensor) != tensor.bytes.size() || header.contains(tensor.name)) {
      throw Error(fmt::format("{} with {} bytes cannot be written: size or name is wrong",
                              describe(tensor), tensor.bytes.size()));
    }
    const std::size_t end = offset + tensor.bytes.size();
    header[tensor.name] = {
        {"dtype", tensor.dtype}, {"shape", tensor.shape}, {"data_offsets", {offset, end}}};
    offset = end;
  }
  std::string text = header.dump(-1, ' ', false, Json::error_handler_t::replace);
  text.append((kPrefix - text.size() % kPrefix) % kPrefix, ' ');
  return text;
}

}  // namespace

std::optional<std::size_t> safetensors_element_size(std::string_view dtype) {
  const auto* found = std::find_if(kElementSizes.begin(), kElementSizes.end(),
                                   [&](const auto& entry) { return entry.first == dtype; });
  if (found == kElementSizes.end()) return std::nullopt;
  return found->second;
}

SafetensorsPieces safetensors_pieces(const Safetensors& content) {
  const auto tensors = in_file_order(content.tensors);
  const std::string header = header_of(content, tensors);
  const std::uint64_t header_size = header.size();
  SafetensorsPieces pieces{std::string(kPrefix, '\0'), {}};
  std::memcpy(pieces.head.data(), &header_size, kPrefix);
  pieces.head += header;
  for (const auto& tensor : tensors) pieces.tensors.push_back(tensor.bytes);
  return pieces;
}

std::string format_safetensors(const Safetensors& content) {
  SafetensorsPieces pieces = safetensors_pieces(content);
  std::string file = std::move(pieces.head);
  for (const auto& tensor : pieces.tensors) {
    file.append(reinterpret_cast<const char*>(tensor.data()), tensor.size());
  }
  return file;
}

Safetensors parse_safetensors(std::string_view file, const std::string& path) {
  return Parser(file, path).parse();
}

}  // namespace greentrain
