#pragma once

#include <c10/core/DeviceType.h>

#include "trainer/loop/precision_options.h"
#include "trainer/models/model.h"

namespace greentrain {

/// Whether this machine's CPU has instructions for such numbers.
bool cpu_computes(Precision precision);

/// What computes products of 16-bit numbers: torch's kernels for them, or float32's
/// (products_in_float32.h).
enum class Products { SixteenBit, InFloat32 };

/// Computes logits in a precision. Below float32 matrix products run in 16 bits by torch's
/// autocast, which casts each float32 weight once and keeps the cast until the weights change;
/// whoever changes them says so. On for forward only: backward follows the types it recorded.
/// One thread.
class MixedPrecision {
 public:
  /// On a CPU without the instructions, products are computed in float32.
  MixedPrecision(Precision precision, c10::DeviceType device)
      : MixedPrecision(precision, device,
                       device == c10::kCPU && !cpu_computes(precision) ? Products::InFloat32
                                                                       : Products::SixteenBit) {}
  MixedPrecision(Precision precision, c10::DeviceType device, Products products)
      : precision_(precision), device_(device), products_(products) {}

  /// In float32, whatever the model computed in.
  at::Tensor logits(Model& model, const at::Tensor& inputs) const;
  /// Weights were written, or gradients are wanted of casts that were made without: all casts are
  /// made anew.
  void forget_casts() const;

 private:
  Precision precision_;
  c10::DeviceType device_;
  Products products_;
};

/// Rounds a model's parameters to bfloat16 in place; its buffers, running statistics among them,
/// stay float32.
void round_parameters(torch::nn::Module& module);
/// Back to float32, for files and for whoever goes on with the model. Exact.
void widen_parameters(torch::nn::Module& module);

}  // namespace greentrain
