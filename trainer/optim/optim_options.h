#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "core/config/enum_names.h"
#include "core/units.h"

namespace greentrain {

enum class OptimizerType { Sgd, AdamW };
template <>
inline constexpr auto enum_names<OptimizerType> = std::array<std::string_view, 2>{"sgd", "adamw"};

enum class ScheduleType { Constant, Cosine };
template <>
inline constexpr auto enum_names<ScheduleType> =
    std::array<std::string_view, 2>{"constant", "cosine"};

/// Group `train.optimizer`.
struct OptimizerOptions {
  OptimizerType type{OptimizerType::AdamW};
  double momentum{0.9};
  double beta1{0.9};
  double beta2{0.999};
  double epsilon{1e-8};
  double weight_decay{0.01};
  double clip_norm{0.0};

  template <class Visitor>
  void describe(Visitor& visit) {
    visit("type", type, "sgd (with momentum) or adamw.");
    visit("momentum", momentum, "sgd: share of the last update kept.", 0.0, 0.9999);
    visit("beta1", beta1, "adamw: decay of the gradient's mean.", 0.0, 0.99999);
    visit("beta2", beta2, "adamw: decay of the gradient's mean square.", 0.0, 0.999999);
    visit("epsilon", epsilon, "adamw: added to the denominator.", 1e-16, 1.0);
    visit("weight_decay", weight_decay, "adamw: decoupled; sgd: L2. Per unit of learning rate.",
          0.0, 10.0);
    visit("clip_norm", clip_norm,
          "Gradients are scaled down so that their norm, over all parameters, is no larger; 0: "
          "never.",
          0.0, 1e12);
  }
};

/// Group `train.schedule`.
struct ScheduleOptions {
  ScheduleType type{ScheduleType::Constant};
  Fraction warmup{0.0};
  Fraction floor{0.0};

  template <class Visitor>
  void describe(Visitor& visit) {
    visit("type", type, "Shape of the learning rate after warm-up.");
    visit("warmup", warmup, "Share of all steps over which the rate rises linearly from 0.",
          Fraction{0.0}, Fraction{1.0});
    visit("floor", floor, "cosine: share of the peak that is left at the end.", Fraction{0.0},
          Fraction{1.0});
  }
};

}  // namespace greentrain
