#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include <torch/nn/module.h>

#include "trainer/data/dataset.h"
#include "trainer/models/model_options.h"
#include "trainer/models/spec/model_spec.h"

namespace greentrain {

class Layer;
class Standardization;

/// A network from inputs to logits: [n, classes], or [n, context, vocabulary] for text.
/// Inputs are raw: their standardisation is part of the model and is kept with its weights.
class Model : public torch::nn::Module {
 public:
  virtual at::Tensor forward(const at::Tensor& inputs) = 0;
  virtual const ModelSpec& spec() const = 0;  ///< Its layers, with their shapes.
  /// The layers that forward() calls, in this order; each knows its own parameters and buffers.
  virtual const std::vector<std::shared_ptr<Layer>>& layers() const = 0;
  /// From now on forward() calls this before each layer, with its place among layers(); empty: no
  /// more.
  virtual void before_layers(std::function<void(std::size_t layer)> callback) = 0;

  /// From now on forward() sees (inputs - mean) / deviation. Both are broadcast to one sample and
  /// stored in the buffers input.mean and input.deviation, which are 0 and 1 at first. Throws Error
  /// when they cannot be, when a deviation is not above 0, or when the model reads tokens.
  void set_standardization(const at::Tensor& mean, const at::Tensor& deviation);

 protected:
  explicit Model(const DatasetInfo& data);
  at::Tensor standardized(const at::Tensor& inputs) const;

 private:
  std::shared_ptr<Standardization> input_;
};

/// The layers of model.type, or of model.spec, with their shapes for such samples. Throws
/// UsageError when they do not fit the data; draws and computes nothing.
ModelSpec spec_for(const ModelOptions& options, const DatasetInfo& data);

/// Builds model.type, or the layers of model.spec, for such samples. Weights come from torch's
/// default generator, which the caller seeds. Throws UsageError when the model does not fit the
/// data.
std::shared_ptr<Model> make_model(const ModelOptions& options, const DatasetInfo& data);

/// How many numbers training changes; buffers are not counted.
std::int64_t parameter_count(const torch::nn::Module& module);

}  // namespace greentrain
