#include "trainer/checkpoint/initial_weights.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <optional>
#include <utility>

#include <ATen/ops/empty.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/nn/module.h>

#include "core/error.h"
#include "core/file.h"
#include "trainer/checkpoint/safetensors.h"
#include "trainer/checkpoint/weights.h"
#include "trainer/checkpoint/weights_file.h"

namespace greentrain {
namespace {

/// Numbers that may be rounded to what the model computes with.
std::optional<at::ScalarType> floating_type(const std::string& dtype) {
  if (dtype == "F64") return at::kDouble;
  if (dtype == "F32") return at::kFloat;
  if (dtype == "F16") return at::kHalf;
  if (dtype == "BF16") return at::kBFloat16;
  return std::nullopt;
}

std::string describe(const std::string& dtype, at::IntArrayRef shape) {
  return fmt::format("{} [{}]", dtype, fmt::join(shape, ", "));
}

std::string describe(const at::Tensor& tensor) {
  return describe(safetensors_dtype(tensor.scalar_type()), tensor.sizes());
}

bool fits(const SafetensorsEntry& entry, const at::Tensor& tensor) {
  const bool same = entry.dtype == safetensors_dtype(tensor.scalar_type());
  const bool converted = tensor.is_floating_point() && floating_type(entry.dtype);
  return tensor.sizes() == at::IntArrayRef(entry.shape) && (same || converted);
}

void copy(const SafetensorsEntry& entry, at::Tensor& tensor) {
  const auto type = floating_type(entry.dtype).value_or(tensor.scalar_type());
  const at::Tensor values = at::empty(tensor.sizes(), at::TensorOptions(type));
  if (!entry.bytes.empty()) {
    std::memcpy(values.mutable_data_ptr(), entry.bytes.data(), entry.bytes.size());
  }
  tensor.copy_(values);
}

/// Which tensors of a file to copy where, and what does not fit.
struct Plan {
  std::vector<std::pair<const SafetensorsEntry*, at::Tensor>> copies;
  std::vector<std::string> differences;
};

Plan plan_for(const torch::nn::Module& module, const std::vector<SafetensorsEntry>& entries,
              const std::vector<std::string>& fresh) {
  Plan plan;
  const auto tensors = named_tensors(module);
  auto missing = tensors;
  const auto is_fresh = [&](const std::string& name) {
    return std::any_of(fresh.begin(), fresh.end(),
                       [&](const auto& prefix) { return is_below(name, prefix); });
  };
  const auto is_free = [](const std::string& name) {
    return is_below(name, "input") || name.ends_with("num_batches_tracked");
  };
  for (const SafetensorsEntry& entry : entries) {
    missing.erase(entry.name);
    if (is_fresh(entry.name)) continue;
    const auto found = tensors.find(entry.name);
    const std::string here = describe(entry.dtype, entry.shape);
    if (found != tensors.end() && fits(entry, found->second)) {
      plan.copies.emplace_back(&entry, found->second);
    } else if (is_free(entry.name)) {
      continue;
    } else if (found == tensors.end()) {
      plan.differences.push_back(fmt::format("unexpected: {}, {}", entry.name, here));
    } else {
      plan.differences.push_back(fmt::format("mismatch: {} is {}, expected {}", entry.name, here,
                                             describe(found->second)));
    }
  }
  for (const auto& [name, tensor] : missing) {
    if (is_fresh(name) || is_free(name)) continue;
    plan.differences.push_back(fmt::format("missing: {}, {}", name, describe(tensor)));
  }
  return plan;
}

}  // namespace

bool is_below(const std::string& name, const std::string& prefix) {
  return name == prefix || name.starts_with(prefix + ".");
}

std::vector<std::string> load_initial_weights(torch::nn::Module& module,
                                              const std::filesystem::path& path,
                                              const std::vector<std::string>& fresh,
                                              Differences differences) {
  const std::string file = read_file(path);
  const Safetensors content = parse_safetensors(file, path.string());
  Plan plan = plan_for(module, content.tensors, fresh);
  if (!plan.differences.empty() && differences == Differences::Refused) {
    throw UsageError(
        fmt::format("{} does not fit the model:\n  {}\nA new last layer is model.new_head: true; "
                    "model.init_policy: matching takes what fits and leaves the rest.",
                    path.string(), fmt::join(plan.differences, "\n  ")));
  }
  if (plan.copies.empty()) {
    throw UsageError(fmt::format("{}: none of its {} tensors fits the model:\n  {}", path.string(),
                                 content.tensors.size(), fmt::join(plan.differences, "\n  ")));
  }
  const at::NoGradGuard no_grad;
  for (auto& [entry, tensor] : plan.copies) copy(*entry, tensor);
  return std::move(plan.differences);
}

}  // namespace greentrain
