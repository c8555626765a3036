#include "trainer/checkpoint/weights_file.h"

#include <array>
#include <cstring>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/nn/module.h>

#include "core/error.h"
#include "core/file.h"
#include "trainer/checkpoint/safetensors.h"
#include "trainer/checkpoint/weights.h"

namespace greentrain {
namespace {

using Tensors = std::map<std::string, at::Tensor>;

constexpr auto kNames =
    std::to_array<std::pair<at::ScalarType, const char*>>({{at::kDouble, "F64"},
                                                           {at::kFloat, "F32"},
                                                           {at::kHalf, "F16"},
                                                           {at::kBFloat16, "BF16"},
                                                           {at::kLong, "I64"},
                                                           {at::kInt, "I32"},
                                                           {at::kShort, "I16"},
                                                           {at::kChar, "I8"},
                                                           {at::kByte, "U8"},
                                                           {at::kBool, "BOOL"}});

std::string describe(const std::string& dtype, at::IntArrayRef shape) {
  return fmt::format("{} [{}]", dtype, fmt::join(shape, ", "));
}

std::string describe(const at::Tensor& tensor) {
  return describe(safetensors_dtype(tensor.scalar_type()), tensor.sizes());
}

/// One line per tensor that is not in both, or not the same.
std::string differences(const Tensors& expected, const std::vector<SafetensorsEntry>& found) {
  std::string lines;
  Tensors missing = expected;
  for (const auto& entry : found) {
    const auto here = describe(entry.dtype, entry.shape);
    const auto wanted = expected.find(entry.name);
    missing.erase(entry.name);
    if (wanted == expected.end()) {
      lines += fmt::format("\n  unexpected: {}, {}", entry.name, here);
    } else if (here != describe(wanted->second)) {
      lines += fmt::format("\n  mismatch: {} is {}, expected {}", entry.name, here,
                           describe(wanted->second));
    }
  }
  for (const auto& [name, tensor] : missing) {
    lines += fmt::format("\n  missing: {}, {}", name, describe(tensor));
  }
  return lines;
}

/// Through a tensor of its own: the bytes in a file need not be aligned.
void copy_bytes(at::Tensor& tensor, std::span<const std::byte> bytes) {
  const at::Tensor aligned = at::empty(tensor.sizes(), at::TensorOptions(tensor.scalar_type()));
  if (!bytes.empty()) std::memcpy(aligned.mutable_data_ptr(), bytes.data(), bytes.size());
  tensor.copy_(aligned);
}

}  // namespace

std::string safetensors_dtype(at::ScalarType type) {
  for (const auto& [known, name] : kNames) {
    if (known == type) return name;
  }
  throw Error(fmt::format("weights of dtype {} cannot be stored", at::toString(type)));
}

void save_weights(const torch::nn::Module& module, const std::filesystem::path& path,
                  const std::map<std::string, std::string>& metadata) {
  Safetensors content{metadata, {}};
  std::vector<at::Tensor> elements;  // Owns what the entries view.
  for (const auto& [name, tensor] : named_tensors(module)) {
    elements.push_back(tensor.detach().cpu().contiguous());
    const auto* data = static_cast<const std::byte*>(elements.back().const_data_ptr());
    content.tensors.push_back({name,
                               safetensors_dtype(tensor.scalar_type()),
                               tensor.sizes().vec(),
                               {data, elements.back().nbytes()}});
  }
  const SafetensorsPieces file = safetensors_pieces(content);
  std::vector<std::span<const std::byte>> pieces{std::as_bytes(std::span(file.head))};
  pieces.insert(pieces.end(), file.tensors.begin(), file.tensors.end());
  write_file_atomically(path, pieces);
}

std::map<std::string, std::string> load_weights(torch::nn::Module& module,
                                                const std::filesystem::path& path) {
  const std::string file = read_file(path);
  const Safetensors content = parse_safetensors(file, path.string());
  auto tensors = named_tensors(module);
  const std::string wrong = differences(tensors, content.tensors);
  if (!wrong.empty()) {
    throw UsageError(fmt::format("{} does not fit the model:{}", path.string(), wrong));
  }
  const at::NoGradGuard no_grad;
  for (const auto& entry : content.tensors) copy_bytes(tensors.at(entry.name), entry.bytes);
  return content.metadata;
}

}  // namespace greentrain
