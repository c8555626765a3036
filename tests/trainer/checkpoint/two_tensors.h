#pragma once

#include <torch/nn/module.h>

namespace greentrain {

/// One parameter, weight [2, 1] = {1, -2}, and one buffer, layer.bias [] = 3 (int64).
class TwoTensors : public torch::nn::Module {
 public:
  TwoTensors() {
    weight = register_parameter("weight", at::empty({2, 1}));
    bias = layer->register_buffer("bias", at::full({}, 3, at::kLong));
    set(1, -2);
  }
  void set(float first, float second) {
    const at::NoGradGuard no_grad;
    weight[0][0] = first;
    weight[1][0] = second;
  }

  at::Tensor weight;
  at::Tensor bias;
  std::shared_ptr<torch::nn::Module> layer =
      register_module("layer", std::make_shared<torch::nn::Module>());
};

}  // namespace greentrain
