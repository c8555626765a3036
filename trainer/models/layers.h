#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include <torch/nn/module.h>

#include "trainer/models/spec/model_spec.h"

namespace greentrain {

/// One layer of a network: owner of its weights, over ATen's functions. Each is made from its spec
/// after infer_shapes(); biases are 0 at first, and weights of normalisation 1.
class Layer : public torch::nn::Module {
 public:
  virtual at::Tensor forward(const at::Tensor& x) = 0;
};

/// A layer without weights.
class Stateless final : public Layer {
 public:
  using Rule = std::function<at::Tensor(const at::Tensor& x, bool is_training)>;
  explicit Stateless(Rule rule) : rule_(std::move(rule)) {}
  at::Tensor forward(const at::Tensor& x) override { return rule_(x, is_training()); }

 private:
  Rule rule_;
};

class Linear final : public Layer {
 public:
  Linear(const spec::Linear& linear, std::int64_t inputs);
  at::Tensor forward(const at::Tensor& x) override;

 private:
  at::Tensor weight_;  // [outputs, inputs]
  at::Tensor bias_;    // Undefined without one.
};

class Convolution final : public Layer {
 public:
  Convolution(const spec::Conv& conv, std::int64_t inputs);
  at::Tensor forward(const at::Tensor& x) override;

 private:
  spec::Conv conv_;
  at::Tensor weight_;  // [outputs, inputs / groups, kernel, kernel]
  at::Tensor bias_;
};

/// Ioffe and Szegedy 2015 (arXiv 1502.03167), over all but dimension 1. Frozen weights go with
/// frozen statistics: then the running ones are used in training too.
class BatchNorm final : public Layer {
 public:
  BatchNorm(const spec::BatchNorm& norm, std::int64_t channels);
  at::Tensor forward(const at::Tensor& x) override;

 private:
  spec::BatchNorm norm_;
  at::Tensor weight_;
  at::Tensor bias_;
  at::Tensor mean_;  // Running statistics.
  at::Tensor variance_;
};

/// A convolution without bias and its normalisation as one layer: tensors filter, weight, bias,
/// running_mean and running_var.
class NormalizedConvolution final : public Layer {
 public:
  NormalizedConvolution(const spec::Conv& conv, std::int64_t inputs);
  at::Tensor forward(const at::Tensor& x) override;

 private:
  spec::Conv conv_;
  at::Tensor filter_;
  at::Tensor weight_;
  at::Tensor bias_;
  at::Tensor mean_;
  at::Tensor variance_;
};

class LayerNorm final : public Layer {
 public:
  LayerNorm(const spec::LayerNorm& norm, std::int64_t width);
  at::Tensor forward(const at::Tensor& x) override;

 private:
  double epsilon_;
  at::Tensor weight_;
  at::Tensor bias_;
};

/// (x - mean) / deviation with one mean and deviation per number of a sample, as buffers.
class Standardization final : public torch::nn::Module {
 public:
  explicit Standardization(const std::vector<std::int64_t>& sample_shape);
  void set(const at::Tensor& mean, const at::Tensor& deviation);  ///< See Model.
  at::Tensor forward(const at::Tensor& x) const;

 private:
  at::Tensor mean_;
  at::Tensor deviation_;
};

}  // namespace greentrain
