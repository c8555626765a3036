#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <torch/nn/module.h>

namespace greentrain {

// The layers that models are built from: thin owners of weights over ATen's functions. First
// weights are drawn from torch's default generator with the given standard deviation; biases are 0.

/// He et al. 2015 (arXiv 1502.01852), eq. 10: keeps the variance through a ReLU layer.
double relu_deviation(std::int64_t inputs);
/// Yang et al. 2022 (arXiv 2203.03466), table 3, output weights: logits start small at any width.
double output_deviation(std::int64_t inputs);

/// [..., inputs] to [..., outputs].
class Linear final : public torch::nn::Module {
 public:
  Linear(std::int64_t inputs, std::int64_t outputs, double deviation);
  at::Tensor forward(const at::Tensor& x) const;

 private:
  at::Tensor weight_;  // [outputs, inputs]
  at::Tensor bias_;
};

/// 3x3 with a border of zeros: [n, inputs, height, width] to [n, outputs, height, width].
class Convolution final : public torch::nn::Module {
 public:
  Convolution(std::int64_t inputs, std::int64_t outputs, double deviation);
  at::Tensor forward(const at::Tensor& x) const;

 private:
  at::Tensor weight_;  // [outputs, inputs, 3, 3]
  at::Tensor bias_;
};

/// Ba et al. 2016 (arXiv 1607.06450) over the last dimension; weight 1 and bias 0 at first.
class LayerNorm final : public torch::nn::Module {
 public:
  explicit LayerNorm(std::int64_t width);
  at::Tensor forward(const at::Tensor& x) const;

 private:
  at::Tensor weight_;
  at::Tensor bias_;
};

/// A vector for each of `count` numbers.
class Embedding final : public torch::nn::Module {
 public:
  Embedding(std::int64_t count, std::int64_t width, double deviation);
  at::Tensor forward(const at::Tensor& indices) const;  ///< int64 [...] to [..., width].
  const at::Tensor& weight() const { return weight_; }  ///< [count, width]

 private:
  at::Tensor weight_;
};

/// Hidden layers with ReLU and dropout, then a layer without: [n, inputs] to [n, outputs].
/// Parameters are named "0.weight" and so on, and "output.weight".
class DenseLayers final : public torch::nn::Module {
 public:
  DenseLayers(std::int64_t inputs, const std::vector<std::int64_t>& hidden, std::int64_t outputs,
              double dropout);
  at::Tensor forward(at::Tensor x) const;

 private:
  std::vector<std::shared_ptr<Linear>> hidden_;
  std::shared_ptr<Linear> output_;
  double dropout_;
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
