#include "trainer/loop/mixed_precision.h"

#include <ATen/autocast_mode.h>
#include <ATen/core/grad_mode.h>

#include "trainer/loop/products_in_float32.h"

namespace greentrain {
namespace {

/// Autocast on this thread while it lives. The type stays set: whoever computes a part of forward
/// again in backward, and turns autocast on for it, finds the same.
class Autocast {
 public:
  Autocast(c10::DeviceType device, at::ScalarType type) : device_(device) {
    at::autocast::set_autocast_enabled(device, true);
    at::autocast::set_autocast_dtype(device, type);
    at::autocast::increment_nesting();
  }
  ~Autocast() {
    at::autocast::decrement_nesting();
    at::autocast::set_autocast_enabled(device_, false);
  }
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

 private:
  c10::DeviceType device_;
};

void convert_parameters(torch::nn::Module& module, at::ScalarType type) {
  const at::NoGradGuard no_grad;
  for (at::Tensor& parameter : module.parameters()) parameter.set_data(parameter.to(type));
}

}  // namespace

at::Tensor MixedPrecision::logits(Model& model, const at::Tensor& inputs) const {
  if (precision_ == Precision::Float32) return model.forward(inputs);
  compute_products_in_float32(products_ == Products::InFloat32);
  const Autocast autocast(device_, precision_ == Precision::Float16 ? at::kHalf : at::kBFloat16);
  return model.forward(inputs).to(at::kFloat);
}

void MixedPrecision::forget_casts() const {
  if (precision_ == Precision::Float32) return;
  at::autocast::clear_cache();
  forget_float32_casts();
}

void round_parameters(torch::nn::Module& module) { convert_parameters(module, at::kBFloat16); }
void widen_parameters(torch::nn::Module& module) { convert_parameters(module, at::kFloat); }

bool cpu_computes(Precision precision) {
  switch (precision) {
    case Precision::Float32:
      return true;
    case Precision::Bfloat16:
    case Precision::Bfloat16Weights:
      return __builtin_cpu_supports("avx512bf16") != 0;
    case Precision::Float16:
      return __builtin_cpu_supports("avx512fp16") != 0;
  }
  return false;
}

}  // namespace greentrain
