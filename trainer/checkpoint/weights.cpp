#include "trainer/checkpoint/weights.h"

#include <cstdint>
#include <span>

#include <torch/nn/module.h>

#include "core/error.h"
#include "core/sha256.h"
#include "trainer/checkpoint/weights_file.h"

namespace greentrain {
namespace {

void update(Sha256& sum, std::int64_t number) { sum.update(std::as_bytes(std::span(&number, 1))); }

}  // namespace

std::map<std::string, at::Tensor> named_tensors(const torch::nn::Module& module) {
  std::map<std::string, at::Tensor> tensors;
  for (const auto& item : module.named_parameters()) tensors.emplace(item.key(), item.value());
  for (const auto& item : module.named_buffers()) tensors.emplace(item.key(), item.value());
  return tensors;
}

std::string weights_sha256(const torch::nn::Module& module) {
  Sha256 sum;
  const std::string_view zero("\0", 1);
  for (const auto& [name, tensor] : named_tensors(module)) {
    sum.update(name);
    sum.update(zero);
    sum.update(safetensors_dtype(tensor.scalar_type()));
    sum.update(zero);
    update(sum, tensor.dim());
    for (const std::int64_t size : tensor.sizes()) update(sum, size);
    const at::Tensor elements = tensor.detach().cpu().contiguous();
    sum.update(
        std::span(static_cast<const std::byte*>(elements.const_data_ptr()), elements.nbytes()));
  }
  return sum.hex();
}

void WeightsSnapshot::take(const torch::nn::Module& module) {
  tensors_.clear();
  for (const auto& [name, tensor] : named_tensors(module)) {
    tensors_.emplace(name, tensor.detach().clone());
  }
}

void WeightsSnapshot::restore(torch::nn::Module& module) const {
  const at::NoGradGuard no_grad;
  auto tensors = named_tensors(module);
  if (tensors.size() != tensors_.size() || tensors_.empty()) {
    throw Error("weights cannot be restored: nothing, or another model, was taken");
  }
  for (const auto& [name, saved] : tensors_) {
    const auto found = tensors.find(name);
    if (found == tensors.end() || found->second.sizes() != saved.sizes()) {
      throw Error("weights cannot be restored: " + name + " was taken from another model");
    }
    found->second.copy_(saved);
  }
}

}  // namespace greentrain
