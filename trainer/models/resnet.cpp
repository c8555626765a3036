#include "trainer/models/resnet.h"

#include <string>

#include <ATen/ops/batch_norm.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/dropout.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/zeros.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/error.h"
#include "trainer/models/layers.h"

namespace greentrain {
namespace {

// Of the paper's authors' code, and torch's defaults.
constexpr double kStatisticsMomentum = 0.1;
constexpr double kEpsilon = 1e-5;

const std::vector<std::int64_t>& checked_shape(const ModelOptions& options,
                                               const DatasetInfo& data) {
  if (data.text || data.sample_shape.size() != 3) {
    throw UsageError(
        fmt::format("model.type is resnet, which reads samples of shape [channels, height, width], "
                    "but those of {} have shape [{}]; set data.shape, such as [3, 32, 32], or "
                    "another model.type",
                    data.name, fmt::join(data.sample_shape, ", ")));
  }
  if (options.depth < 8 || (options.depth - 2) % 6 != 0) {
    throw UsageError(fmt::format(
        "model.depth is {}, expected 6 n + 2 layers, such as 8, 14, 20, 32, 44, 56 or 110",
        options.depth));
  }
  return data.sample_shape;
}

}  // namespace

/// 3x3 without bias, then batch normalisation (Ioffe and Szegedy 2015, arXiv 1502.03167).
class NormalizedConvolution final : public torch::nn::Module {
 public:
  NormalizedConvolution(std::int64_t inputs, std::int64_t outputs, std::int64_t stride)
      : stride_(stride),
        filter_(register_parameter("filter", at::empty({outputs, inputs, 3, 3}, at::kFloat)
                                                 .normal_(0.0, relu_deviation(9 * inputs)))),
        weight_(register_parameter("weight", at::ones({outputs}, at::kFloat))),
        bias_(register_parameter("bias", at::zeros({outputs}, at::kFloat))),
        mean_(register_buffer("running_mean", at::zeros({outputs}, at::kFloat))),
        variance_(register_buffer("running_var", at::ones({outputs}, at::kFloat))) {}

  at::Tensor forward(const at::Tensor& x) const {
    const auto y = at::conv2d(x, filter_, /*bias=*/{}, stride_, /*padding=*/1);
    return at::batch_norm(y, weight_, bias_, mean_, variance_, is_training(), kStatisticsMomentum,
                          kEpsilon, /*cudnn_enabled=*/true);
  }

 private:
  std::int64_t stride_;
  at::Tensor filter_;  // [outputs, inputs, 3, 3]
  at::Tensor weight_;
  at::Tensor bias_;
  at::Tensor mean_;  // Running statistics.
  at::Tensor variance_;
};

class ResidualBlock final : public torch::nn::Module {
 public:
  ResidualBlock(std::int64_t inputs, std::int64_t outputs, std::int64_t stride)
      : stride_(stride),
        new_channels_(outputs - inputs),
        first_(register_module("first",
                               std::make_shared<NormalizedConvolution>(inputs, outputs, stride))),
        second_(register_module("second",
                                std::make_shared<NormalizedConvolution>(outputs, outputs, 1))) {}

  at::Tensor forward(const at::Tensor& x) const {
    const auto y = second_->forward(at::relu(first_->forward(x)));
    return at::relu(y + shortcut(x));
  }

 private:
  at::Tensor shortcut(const at::Tensor& x) const {
    if (stride_ == 1 && new_channels_ == 0) return x;
    const auto kept = x.slice(2, 0, std::nullopt, stride_).slice(3, 0, std::nullopt, stride_);
    return at::constant_pad_nd(kept,
                               {0, 0, 0, 0, new_channels_ / 2, new_channels_ - new_channels_ / 2});
  }

  std::int64_t stride_;
  std::int64_t new_channels_;
  std::shared_ptr<NormalizedConvolution> first_;
  std::shared_ptr<NormalizedConvolution> second_;
};

Resnet::Resnet(const ModelOptions& options, const DatasetInfo& data)
    : Model(checked_shape(options, data)), dropout_(options.dropout.value) {
  std::int64_t channels = 16;
  first_ = register_module(
      "first", std::make_shared<NormalizedConvolution>(data.sample_shape[0], channels, 1));
  auto blocks = register_module("blocks", std::make_shared<torch::nn::Module>());
  for (const std::int64_t width : {16, 32, 64}) {
    for (std::int64_t i = 0; i < (options.depth - 2) / 6; ++i) {
      const std::int64_t stride = width == channels ? 1 : 2;
      blocks_.push_back(
          blocks->register_module(std::to_string(blocks_.size()),
                                  std::make_shared<ResidualBlock>(channels, width, stride)));
      channels = width;
    }
  }
  output_ = register_module(
      "output", std::make_shared<Linear>(channels, data.classes, output_deviation(channels)));
}

at::Tensor Resnet::forward(const at::Tensor& inputs) {
  at::Tensor x = at::relu(first_->forward(standardized(inputs)));
  for (const auto& block : blocks_) x = block->forward(x);
  return output_->forward(at::dropout(x.mean({2, 3}), dropout_, is_training()));
}

}  // namespace greentrain
