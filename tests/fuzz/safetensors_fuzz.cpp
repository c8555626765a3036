// Any bytes as a safetensors file: tensors within the file, without gaps, which are written and
// read again as the same, or UsageError, and nothing else.
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/error.h"
#include "tests/fuzz/fuzz_target.h"
#include "trainer/checkpoint/safetensors.h"

namespace {

using namespace greentrain;

void require(bool holds) {
  if (!holds) std::abort();
}

void check(const Safetensors& content, std::string_view file) {
  const auto* begin = reinterpret_cast<const std::byte*>(file.data());
  std::size_t bytes = 0;
  for (const SafetensorsEntry& tensor : content.tensors) {
    require(safetensors_element_size(tensor.dtype).has_value());
    require(tensor.bytes.data() >= begin);
    require(tensor.bytes.data() + tensor.bytes.size() <= begin + file.size());
    bytes += tensor.bytes.size();
  }
  require(bytes <= file.size());

  const std::string again = format_safetensors(content);
  const Safetensors read = parse_safetensors(again, "again");
  require(read.metadata == content.metadata && read.tensors.size() == content.tensors.size());
  require(format_safetensors(read) == again);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view file(reinterpret_cast<const char*>(data), size);
  try {
    check(parse_safetensors(file, "fuzz"), file);
  } catch (const UsageError& error) {
    require(std::string_view(error.what()).starts_with("fuzz: not a safetensors file: "));
  }
  return 0;
}
