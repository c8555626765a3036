#include "trainer/models/layers.h"

#include <cmath>
#include <string>

#include <ATen/ExpandUtils.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/dropout.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/zeros.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/error.h"

namespace greentrain {
namespace {

at::Tensor normal(at::IntArrayRef shape, double deviation) {
  return at::empty(shape, at::kFloat).normal_(0.0, deviation);
}

at::Tensor zeros(at::IntArrayRef shape) { return at::zeros(shape, at::kFloat); }
at::Tensor ones(at::IntArrayRef shape) { return at::ones(shape, at::kFloat); }

void fill_broadcast(at::Tensor& buffer, const at::Tensor& values, const char* name) {
  if (!at::is_expandable_to(values.sizes(), buffer.sizes())) {
    throw Error(fmt::format("input {} has shape [{}], expected that of a sample, [{}]", name,
                            fmt::join(values.sizes(), ", "), fmt::join(buffer.sizes(), ", ")));
  }
  buffer.copy_(values);
}

}  // namespace

double relu_deviation(std::int64_t inputs) { return std::sqrt(2.0 / static_cast<double>(inputs)); }
double output_deviation(std::int64_t inputs) { return 1.0 / static_cast<double>(inputs); }

Linear::Linear(std::int64_t inputs, std::int64_t outputs, double deviation)
    : weight_(register_parameter("weight", normal({outputs, inputs}, deviation))),
      bias_(register_parameter("bias", zeros({outputs}))) {}

at::Tensor Linear::forward(const at::Tensor& x) const { return at::linear(x, weight_, bias_); }

Convolution::Convolution(std::int64_t inputs, std::int64_t outputs, double deviation)
    : weight_(register_parameter("weight", normal({outputs, inputs, 3, 3}, deviation))),
      bias_(register_parameter("bias", zeros({outputs}))) {}

at::Tensor Convolution::forward(const at::Tensor& x) const {
  return at::conv2d(x, weight_, bias_, /*stride=*/1, /*padding=*/1);
}

LayerNorm::LayerNorm(std::int64_t width)
    : weight_(register_parameter("weight", ones({width}))),
      bias_(register_parameter("bias", zeros({width}))) {}

at::Tensor LayerNorm::forward(const at::Tensor& x) const {
  return at::layer_norm(x, weight_.sizes(), weight_, bias_);
}

Embedding::Embedding(std::int64_t count, std::int64_t width, double deviation)
    : weight_(register_parameter("weight", normal({count, width}, deviation))) {}

at::Tensor Embedding::forward(const at::Tensor& indices) const {
  return at::embedding(weight_, indices);
}

DenseLayers::DenseLayers(std::int64_t inputs, const std::vector<std::int64_t>& hidden,
                         std::int64_t outputs, double dropout)
    : dropout_(dropout) {
  for (const std::int64_t width : hidden) {
    hidden_.push_back(
        register_module(std::to_string(hidden_.size()),
                        std::make_shared<Linear>(inputs, width, relu_deviation(inputs))));
    inputs = width;
  }
  output_ = register_module("output",
                            std::make_shared<Linear>(inputs, outputs, output_deviation(inputs)));
}

at::Tensor DenseLayers::forward(at::Tensor x) const {
  for (const auto& layer : hidden_) {
    x = at::dropout(at::relu(layer->forward(x)), dropout_, is_training());
  }
  return output_->forward(x);
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
