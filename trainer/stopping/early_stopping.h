#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/units.h"
#include "trainer/stopping/marginal_rule.h"
#include "trainer/stopping/stopping_options.h"

namespace greentrain {

/// Which rule ended a run.
enum class StoppingRule { Patience, Target, Divergence, NonFinite, Marginal };
std::string to_string(StoppingRule rule);  ///< "patience", "target", ...

/// The metric that is watched.
struct WatchedMetric {
  std::string name;  ///< For messages: "validation_loss".
  bool rises{false};
};

/// Decides when a run ends before its last step: the rules of Keras' EarlyStopping and
/// TerminateOnNaN, of Lightning's EarlyStopping, and MarginalRule. docs/early-stopping.md has each
/// with its formula and source.
/// A pure automaton: every rank feeds it the same checks and comes to the same end.
class EarlyStopping {
 public:
  EarlyStopping(const EarlyStoppingOptions& options, WatchedMetric metric);

  /// Takes the next check; true when it is the best so far.
  bool observe(const Check& check);

  struct Stop {
    StoppingRule rule;
    std::string reason;  ///< A sentence without its full stop.
  };
  /// From the check on that ended the run. Never with `enabled: false`.
  const std::optional<Stop>& stop() const { return stop_; }

  /// Whether it depends on Check::joules. What it then decides goes into the DecisionLog.
  bool reads_joules() const;

  /// The step whose check was the first to reach the target, whether that stops the run or not.
  std::optional<std::int64_t> target_step() const { return target_step_; }
  std::optional<double> best() const { return best_; }  ///< As the metric is written, not negated.
  std::int64_t checks_without_improvement() const { return waiting_; }
  /// What the marginal rule saw at the last check; empty during its warm-up, or when it is off.
  const std::optional<MarginalForecast>& forecast() const { return forecast_; }

 private:
  bool better(double value, double reference) const;
  void judge(const Check& check);
  std::optional<Stop> verdict(const Check& check) const;
  std::string patience_text() const;
  std::string marginal_text() const;

  EarlyStoppingOptions options_;
  WatchedMetric metric_;
  MarginalRule marginal_;
  std::int64_t checks_{0};
  std::optional<double> best_;
  std::int64_t best_step_{0};
  std::int64_t waiting_{0};
  std::optional<std::int64_t> target_step_;
  std::optional<MarginalForecast> forecast_;
  std::optional<Stop> stop_;
};

}  // namespace greentrain
