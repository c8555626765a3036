#pragma once

#include <memory>

#include <torch/nn/module.h>

#include "trainer/data/dataset.h"
#include "trainer/models/model_options.h"

namespace greentrain {

/// A network from inputs to logits: [n, classes], or [n, context, vocabulary] for text.
class Model : public torch::nn::Module {
 public:
  virtual at::Tensor forward(const at::Tensor& inputs) = 0;
};

/// Builds model.type for such samples. Weights come from torch's default generator, which the
/// caller seeds. Throws UsageError when the model does not fit the data.
std::shared_ptr<Model> make_model(const ModelOptions& options, const DatasetInfo& data);

}  // namespace greentrain
