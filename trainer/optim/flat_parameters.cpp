#include "trainer/optim/flat_parameters.h"

#include <fmt/format.h>
#include <torch/nn/module.h>

#include "core/error.h"

namespace greentrain {
namespace {

// 64 bytes: what AVX-512 and a cache line want. A parameter then lies as it does in memory of its
// own, so a model computes the same bits whether or not it is bound.
constexpr std::int64_t kAlignment = 64 / sizeof(float);

std::int64_t aligned(std::int64_t elements) {
  return (elements + kAlignment - 1) / kAlignment * kAlignment;
}

void check(const std::string& name, const at::Tensor& parameter, at::Device device) {
  if (parameter.scalar_type() != at::kFloat || parameter.device() != device) {
    throw Error(fmt::format("parameter {} is {} on {}, expected Float on {} like the others", name,
                            at::toString(parameter.scalar_type()), parameter.device().str(),
                            device.str()));
  }
}

}  // namespace

FlatParameters::FlatParameters(torch::nn::Module& module) {
  const auto parameters = module.named_parameters();
  const auto device = parameters.is_empty() ? at::Device(at::kCPU) : parameters[0].value().device();
  std::int64_t elements = 0;
  for (const auto& item : parameters) {
    check(item.key(), item.value(), device);
    slices_.push_back({item.key(), elements, item.value().sizes().vec()});
    elements += aligned(item.value().numel());
  }
  const at::NoGradGuard no_grad;
  const auto options = at::TensorOptions(device).dtype(at::kFloat);
  values_ = at::zeros({elements}, options);
  gradients_ = at::zeros({elements}, options);
  for (std::size_t i = 0; i < slices_.size(); ++i) {
    at::Tensor parameter = parameters[i].value();
    const auto view = [&](const at::Tensor& flat) {
      return flat.narrow(0, slices_[i].offset, parameter.numel()).view(parameter.sizes());
    };
    const auto values = view(values_);
    values.copy_(parameter);
    parameter.set_data(values);
    parameter.mutable_grad() = view(gradients_);
  }
}

void FlatParameters::zero_gradients() { gradients_.zero_(); }

}  // namespace greentrain
