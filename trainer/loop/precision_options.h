#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "core/config/enum_names.h"

namespace greentrain {

/// What numbers a model computes with. Bfloat16 and Float16: matrix products by autocast, from
/// float32 weights. Bfloat16Weights: the weights too; the optimizer keeps them in float32.
enum class Precision { Float32, Bfloat16, Bfloat16Weights, Float16 };
template <>
inline constexpr auto enum_names<Precision> =
    std::array<std::string_view, 4>{"fp32", "bf16", "bf16_weights", "fp16"};

/// Group `train.loss_scale`; fp16 only. Names and defaults of torch.amp.GradScaler.
struct LossScaleOptions {
  double initial{65536.0};
  double growth{2.0};
  double backoff{0.5};
  std::int64_t growth_interval{2000};

  template <class Visitor>
  void describe(Visitor& visit) {
    visit("initial", initial, "fp16: factor of the loss at first.", 1.0, 16777216.0);
    visit("growth", growth, "fp16: the factor times this after growth_interval good steps.", 1.0,
          16.0);
    visit("backoff", backoff, "fp16: the factor times this after gradients that overflowed.", 0.001,
          0.999);
    visit("growth_interval", growth_interval, "fp16: good steps in a row until the factor grows.",
          1, 1'000'000'000);
  }
};

}  // namespace greentrain
