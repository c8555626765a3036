#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "core/config/enum_names.h"
#include "core/units.h"

namespace greentrain {

enum class OptimizerType { Sgd, Adam, AdamW };
template <>
inline constexpr auto enum_names<OptimizerType> =
    std::array<std::string_view, 3>{"sgd", "adam", "adamw"};

/// Which parameters weight decay pulls towards 0: all, or those of two dimensions or more, which
/// leaves out biases and the weights of normalisations.
enum class DecayOn { All, Matrices };
template <>
inline constexpr auto enum_names<DecayOn> = std::array<std::string_view, 2>{"all", "matrices"};

enum class ScheduleType { Constant, Linear, Cosine, WarmupStableDecay, InverseSqrt, Plateau };
template <>
inline constexpr auto enum_names<ScheduleType> = std::array<std::string_view, 6>{
    "constant", "linear", "cosine", "warmup_stable_decay", "inverse_sqrt", "plateau"};

/// Group `train.optimizer`.
struct OptimizerOptions {
  OptimizerType type{OptimizerType::AdamW};
  double momentum{0.9};
  bool nesterov{false};
  double beta1{0.9};
  double beta2{0.999};
  double epsilon{1e-8};
  double weight_decay{0.01};
  DecayOn decay_on{DecayOn::All};
  double clip_norm{0.0};
  double clip_value{0.0};
  double average{0.0};

  template <class Visitor>
  void describe(Visitor& visit) {
    visit("type", type, "sgd (with momentum), adam or adamw.");
    visit("momentum", momentum, "sgd: share of the last update kept.", 0.0, 0.9999);
    visit("nesterov", nesterov, "sgd: look ahead by the momentum.");
    visit("beta1", beta1, "adam, adamw: decay of the gradient's mean.", 0.0, 0.99999);
    visit("beta2", beta2, "adam, adamw: decay of the gradient's mean square.", 0.0, 0.999999);
    visit("epsilon", epsilon, "adam, adamw: added to the denominator.", 1e-16, 1.0);
    visit("weight_decay", weight_decay,
          "adamw: decoupled, per unit of learning rate; sgd, adam: L2, added to the gradient.", 0.0,
          10.0);
    visit("decay_on", decay_on,
          "What weight_decay acts on. matrices: parameters of two dimensions or more, not biases "
          "and the weights of normalisations.");
    visit("clip_norm", clip_norm,
          "Gradients are scaled down so that their norm, over all parameters, is no larger; 0: "
          "never.",
          0.0, 1e12);
    visit("clip_value", clip_value,
          "Each number of the gradient is brought into plus or minus this, before clip_norm; 0: "
          "never.",
          0.0, 1e12);
    visit("average", average,
          "Evaluate and keep an exponential average of the weights: the share kept in each step, "
          "such as 0.999; 0: the weights themselves.",
          0.0, 0.999999);
  }
};

/// Group `train.schedule`.
struct ScheduleOptions {
  ScheduleType type{ScheduleType::Constant};
  Fraction warmup{0.0};
  Fraction floor{0.0};
  Fraction decay{0.2};
  double factor{0.5};
  std::int64_t patience{3};

  template <class Visitor>
  void describe(Visitor& visit) {
    visit("type", type,
          "Shape of the learning rate after warm-up. warmup_stable_decay: constant, then linear; "
          "inverse_sqrt: as 1 / sqrt(steps); plateau: a factor lower when the validation loss no "
          "longer falls.");
    visit("warmup", warmup, "Share of all steps over which the rate rises linearly from 0.",
          Fraction{0.0}, Fraction{1.0});
    visit("floor", floor,
          "linear, cosine, warmup_stable_decay: share of the peak that is left at the end; "
          "inverse_sqrt, plateau: the lowest share.",
          Fraction{0.0}, Fraction{1.0});
    visit("decay", decay, "warmup_stable_decay: share of all steps over which the rate falls.",
          Fraction{0.0}, Fraction{1.0});
    visit("factor", factor, "plateau: what the rate is multiplied by.", 0.01, 0.99);
    visit("patience", patience,
          "plateau: evaluations in a row without a validation loss that is 0.01 % lower.", 1,
          1'000'000);
  }
};

}  // namespace greentrain
