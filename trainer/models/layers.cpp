#include "trainer/models/layers.h"

#include <ATen/ExpandUtils.h>
#include <ATen/ops/batch_norm.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/error.h"
#include "trainer/models/initial_values.h"

namespace greentrain {
namespace {

at::Tensor zeros(at::IntArrayRef shape) { return at::zeros(shape, at::kFloat); }
at::Tensor ones(at::IntArrayRef shape) { return at::ones(shape, at::kFloat); }

at::Tensor filters(const spec::Conv& conv, std::int64_t inputs) {
  const std::int64_t area = conv.kernel * conv.kernel;
  const Fans fans{area * inputs / conv.groups, area * conv.width / conv.groups};
  return initial_values({conv.width, inputs / conv.groups, conv.kernel, conv.kernel},
                        conv.weights.init.value_or(spec::Init::He), conv.weights.deviation, fans);
}

at::Tensor convolved(const at::Tensor& x, const spec::Conv& conv, const at::Tensor& filter,
                     const at::Tensor& bias) {
  return at::conv2d(x, filter, bias, conv.stride, conv.border(), /*dilation=*/1, conv.groups);
}

void fill_broadcast(at::Tensor& buffer, const at::Tensor& values, const char* name) {
  if (!at::is_expandable_to(values.sizes(), buffer.sizes())) {
    throw Error(fmt::format("input {} has shape [{}], expected that of a sample, [{}]", name,
                            fmt::join(values.sizes(), ", "), fmt::join(buffer.sizes(), ", ")));
  }
  buffer.copy_(values);
}

}  // namespace

Linear::Linear(const spec::Linear& linear, std::int64_t inputs)
    : weight_(register_parameter(
          "weight",
          initial_values({*linear.width, inputs}, linear.weights.init.value_or(spec::Init::He),
                         linear.weights.deviation, {inputs, *linear.width}))) {
  if (linear.bias) bias_ = register_parameter("bias", zeros({*linear.width}));
}

at::Tensor Linear::forward(const at::Tensor& x) { return at::linear(x, weight_, bias_); }

Convolution::Convolution(const spec::Conv& conv, std::int64_t inputs)
    : conv_(conv), weight_(register_parameter("weight", filters(conv, inputs))) {
  if (conv.bias) bias_ = register_parameter("bias", zeros({conv.width}));
}

at::Tensor Convolution::forward(const at::Tensor& x) { return convolved(x, conv_, weight_, bias_); }

BatchNorm::BatchNorm(const spec::BatchNorm& norm, std::int64_t channels)
    : norm_(norm),
      weight_(register_parameter("weight", ones({channels}))),
      bias_(register_parameter("bias", zeros({channels}))),
      mean_(register_buffer("running_mean", zeros({channels}))),
      variance_(register_buffer("running_var", ones({channels}))) {}

at::Tensor BatchNorm::forward(const at::Tensor& x) {
  return at::batch_norm(x, weight_, bias_, mean_, variance_,
                        is_training() && weight_.requires_grad(), norm_.momentum, norm_.epsilon,
                        /*cudnn_enabled=*/true);
}

NormalizedConvolution::NormalizedConvolution(const spec::Conv& conv, std::int64_t inputs)
    : conv_(conv),
      filter_(register_parameter("filter", filters(conv, inputs))),
      weight_(register_parameter("weight", ones({conv.width}))),
      bias_(register_parameter("bias", zeros({conv.width}))),
      mean_(register_buffer("running_mean", zeros({conv.width}))),
      variance_(register_buffer("running_var", ones({conv.width}))) {}

at::Tensor NormalizedConvolution::forward(const at::Tensor& x) {
  constexpr spec::BatchNorm kNorm;
  return at::batch_norm(convolved(x, conv_, filter_, {}), weight_, bias_, mean_, variance_,
                        is_training() && weight_.requires_grad(), kNorm.momentum, kNorm.epsilon,
                        /*cudnn_enabled=*/true);
}

LayerNorm::LayerNorm(const spec::LayerNorm& norm, std::int64_t width)
    : epsilon_(norm.epsilon),
      weight_(register_parameter("weight", ones({width}))),
      bias_(register_parameter("bias", zeros({width}))) {}

at::Tensor LayerNorm::forward(const at::Tensor& x) {
  return at::layer_norm(x, weight_.sizes(), weight_, bias_, epsilon_);
}

Standardization::Standardization(const std::vector<std::int64_t>& sample_shape)
    : mean_(register_buffer("mean", zeros(sample_shape))),
      deviation_(register_buffer("deviation", ones(sample_shape))) {}

void Standardization::set(const at::Tensor& mean, const at::Tensor& deviation) {
  if (!(deviation.gt(0).all() & at::isfinite(deviation).all() & at::isfinite(mean).all())
           .item<bool>()) {
    throw Error("input mean and deviation must be finite, and the deviation above 0");
  }
  fill_broadcast(mean_, mean, "mean");
  fill_broadcast(deviation_, deviation, "deviation");
}

at::Tensor Standardization::forward(const at::Tensor& x) const { return (x - mean_) / deviation_; }

}  // namespace greentrain
