#include "trainer/models/cnn.h"

#include <algorithm>
#include <bit>
#include <string>

#include <ATen/ops/max_pool2d.h>
#include <ATen/ops/relu.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/error.h"
#include "trainer/models/layers.h"

namespace greentrain {
namespace {

const std::vector<std::int64_t>& checked_shape(const ModelOptions& options,
                                               const DatasetInfo& data) {
  const auto& shape = data.sample_shape;
  if (data.text || shape.size() != 3) {
    throw UsageError(
        fmt::format("model.type is cnn, which reads samples of shape [channels, height, width], "
                    "but those of {} "
                    "have shape [{}]; set data.shape, such as [1, 8, 8], or another model.type",
                    data.name, fmt::join(shape, ", ")));
  }
  const auto most = std::bit_width(static_cast<std::uint64_t>(std::min(shape[1], shape[2]))) - 1;
  if (options.channels.size() > static_cast<std::size_t>(most)) {
    throw UsageError(fmt::format(
        "model.channels is [{}]: {} stages, which each halve the image, but the samples of {} have "
        "shape [{}], enough for {}; set at most {} channels",
        fmt::join(options.channels, ", "), options.channels.size(), data.name,
        fmt::join(shape, ", "), most, most));
  }
  return shape;
}

}  // namespace

Cnn::Cnn(const ModelOptions& options, const DatasetInfo& data)
    : Model(checked_shape(options, data)) {
  auto stages = register_module("stages", std::make_shared<torch::nn::Module>());
  std::int64_t channels = data.sample_shape[0];
  for (const std::int64_t next : options.channels) {
    stages_.push_back(stages->register_module(
        std::to_string(stages_.size()),
        std::make_shared<Convolution>(channels, next, relu_deviation(9 * channels))));
    channels = next;
  }
  const std::int64_t pixels =
      (data.sample_shape[1] >> stages_.size()) * (data.sample_shape[2] >> stages_.size());
  dense_ =
      register_module("dense", std::make_shared<DenseLayers>(channels * pixels, options.hidden,
                                                             data.classes, options.dropout.value));
}

at::Tensor Cnn::forward(const at::Tensor& inputs) {
  at::Tensor x = standardized(inputs);
  for (const auto& stage : stages_) x = at::max_pool2d(at::relu(stage->forward(x)), 2);
  return dense_->forward(x.flatten(1));
}

}  // namespace greentrain
