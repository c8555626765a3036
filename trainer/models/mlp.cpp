#include "trainer/models/mlp.h"

#include <functional>
#include <numeric>

#include "core/error.h"
#include "trainer/models/layers.h"

namespace greentrain {
namespace {

const std::vector<std::int64_t>& checked_shape(const DatasetInfo& data) {
  if (data.text) {
    throw UsageError("model.type is mlp, which reads samples of numbers, but " + data.name +
                     " is text; set model.type: gpt");
  }
  return data.sample_shape;
}

}  // namespace

Mlp::Mlp(const ModelOptions& options, const DatasetInfo& data) : Model(checked_shape(data)) {
  const auto& shape = data.sample_shape;
  const auto inputs =
      std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies());
  dense_ = register_module(
      "dense",
      std::make_shared<DenseLayers>(inputs, options.hidden, data.classes, options.dropout.value));
}

at::Tensor Mlp::forward(const at::Tensor& inputs) {
  return dense_->forward(standardized(inputs).flatten(1));
}

}  // namespace greentrain
