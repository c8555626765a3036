#pragma once

#include <cstdint>
#include <optional>

#include "core/units.h"
#include "trainer/stopping/power_law_fit.h"
#include "trainer/stopping/stopping_options.h"

namespace greentrain {

/// One evaluation, as rules see it; the same on every rank.
struct Check {
  std::int64_t step{0};  ///< Steps done, from 1.
  std::int64_t planned_steps{0};
  double metric{0};
  std::optional<Joules> joules{};  ///< Spent so far; empty when nothing is metered.
};

/// What the next evaluations are predicted to bring and to cost.
struct MarginalForecast {
  std::int64_t checks{0};  ///< Ahead: the horizon, or what is left of the plan.
  double gain{0};          ///< Relative: improvement / |value now|.
  double cost{0};          ///< As a fraction of the planned energy, or of the planned steps.
  std::optional<Joules> joules{};  ///< The same in joules, where they are metered.

  double rate() const { return gain / cost; }
};

/// Stops when each fraction of the planned energy buys too little: the predicted relative gain over
/// the next `horizon` checks, per fraction of the planned energy that they take, has been below
/// `rate` for `confirm` checks in a row. The prediction is PowerLawFit's. Formulas:
/// docs/early-stopping.md. A pure automaton.
class MarginalRule {
 public:
  explicit MarginalRule(const MarginalOptions& options) : options_(options) {}

  /// Takes the next check, whose metric is finite and should fall. Empty during the warm-up, and
  /// when no step is left.
  std::optional<MarginalForecast> observe(const Check& check);
  bool should_stop() const { return options_.rate > 0 && agreeing_ >= options_.confirm; }

 private:
  std::optional<MarginalForecast> forecast(const Check& check) const;
  void price(MarginalForecast& forecast, const Check& check, double steps) const;

  MarginalOptions options_;
  PowerLawFit curve_;
  std::optional<Check> first_;
  std::optional<Check> first_metered_;  ///< Meters may say nothing at first.
  std::int64_t agreeing_{0};
};

}  // namespace greentrain
