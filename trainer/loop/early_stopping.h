#pragma once

#include <cstdint>

#include "trainer/loop/train_options.h"
#include "trainer/metrics/metric.h"

namespace greentrain {

/// Stops after `patience` evaluations in a row without an improvement of more than min_delta.
/// A pure automaton: every rank feeds it the same evaluations and comes to the same end.
class EarlyStopping {
 public:
  explicit EarlyStopping(const EarlyStoppingOptions& options);

  /// Takes the next evaluation; true when it is the best so far.
  bool observe(const Evaluation& evaluation);
  bool should_stop() const;
  std::int64_t checks_without_improvement() const { return checks_without_improvement_; }

 private:
  bool improves(double metric) const;

  EarlyStoppingOptions options_;
  std::string metric_;
  bool rises_;
  bool any_{false};
  double best_{0};
  std::int64_t checks_without_improvement_{0};
};

}  // namespace greentrain
