#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/config/enum_names.h"
#include "core/units.h"

namespace greentrain {

enum class StoppingMode { Auto, Min, Max };
template <>
inline constexpr auto enum_names<StoppingMode> =
    std::array<std::string_view, 3>{"auto", "min", "max"};

enum class NonFiniteMetric { Stop, Ignore };
template <>
inline constexpr auto enum_names<NonFiniteMetric> =
    std::array<std::string_view, 2>{"stop", "ignore"};

enum class MarginalCost { Energy, Steps };
template <>
inline constexpr auto enum_names<MarginalCost> = std::array<std::string_view, 2>{"energy", "steps"};

/// Group `train.early_stopping.marginal`.
struct MarginalOptions {
  double rate{0};
  std::int64_t horizon{20};
  std::int64_t warmup{8};
  std::int64_t confirm{3};
  MarginalCost cost{MarginalCost::Energy};
  std::optional<Joules> budget;

  template <class Visitor>
  void describe(Visitor& visit) {
    visit("rate", rate,
          "Stop when each percent of the planned energy is predicted to improve the metric by less "
          "than so many percent of itself, such as 0.1; 0: never.",
          0.0, 1e6);
    visit("horizon", horizon, "Evaluations that the prediction looks ahead.", 1, 1'000'000);
    visit("warmup", warmup, "Evaluations before the first prediction.", 4, 1'000'000);
    visit("confirm", confirm, "Evaluations in a row that must agree to stop.", 1, 1'000'000);
    visit(
        "cost", cost,
        "energy: as metered, or steps where nothing is; steps: repeats exactly, since no meter is "
        "asked.");
    visit("budget", budget, "The planned energy; null: what all planned steps are going to take.",
          Joules{1e-3}, Joules{1e18});
  }
};

/// Group `train.early_stopping`.
struct EarlyStoppingOptions {
  bool enabled{true};
  std::string monitor{"validation_loss"};
  StoppingMode mode{StoppingMode::Auto};
  std::int64_t patience{5};
  double min_delta{0.0};
  Fraction min_delta_relative{0.0};
  std::int64_t start_from{0};
  std::optional<double> baseline;
  std::optional<double> target;
  std::optional<double> divergence;
  NonFiniteMetric non_finite{NonFiniteMetric::Stop};
  bool restore_best{true};
  MarginalOptions marginal;

  template <class Visitor>
  void describe(Visitor& visit) {
    visit("enabled", enabled, "Stop by the rules below; if not, they never end a run.");
    visit("monitor", monitor,
          "Metric of the validation part: validation_loss, validation_accuracy or validation_ and "
          "any other of train.metrics; it is measured whether it is in that list or not.");
    visit("mode", mode,
          "Whether the metric should fall (min) or rise (max); auto: as its name says.");
    visit("patience", patience,
          "Stop after so many evaluations in a row without improvement (not epochs: see "
          "train.evaluate_every); 0: never.",
          0, 1'000'000);
    visit("min_delta", min_delta, "Only a greater change than this is an improvement.", 0.0, 1e9);
    visit("min_delta_relative", min_delta_relative,
          "The same as a share of the best value; the greater of the two counts.", Fraction{0.0},
          Fraction{1.0});
    visit("start_from", start_from,
          "Evaluations at the start that patience, divergence and the marginal rule leave out.", 0,
          1'000'000);
    visit("baseline", baseline,
          "Value that must be beaten too before patience starts anew; null: none.");
    visit("target", target,
          "Value that is good enough: stop there, and report the energy it took; null: none.");
    visit("divergence", divergence, "Stop when the metric is worse than this; null: never.");
    visit("non_finite", non_finite,
          "When the metric is not a finite number: stop, or take it for no improvement.");
    visit("restore_best", restore_best,
          "Keep the weights of the best evaluation, not those of the last step.");
    visit("marginal", marginal, "Stop when further energy buys too little.");
  }
};

}  // namespace greentrain
