#pragma once

#include <torch/nn/module.h>

namespace greentrain {

/// sum((x w + b)^2), with sizes that are no multiples of an alignment.
class TwoParameters : public torch::nn::Module {
 public:
  at::Tensor forward(const at::Tensor& x) const { return (x.matmul(weight) + bias).square().sum(); }

  at::Tensor weight = register_parameter("weight", at::randn({5, 7}));
  at::Tensor bias = register_parameter("bias", at::randn({7}));
};

}  // namespace greentrain
