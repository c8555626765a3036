#include "trainer/loop/early_stopping.h"

#include <cmath>

namespace greentrain {

bool EarlyStopping::observe(const Evaluation& evaluation) {
  const bool loss = options_.monitor == Monitor::ValidationLoss;
  // Falling is better from here on, whatever the metric.
  const double metric = loss ? evaluation.loss : -evaluation.accuracy;
  if (!improves(metric)) {
    ++checks_without_improvement_;
    return false;
  }
  any_ = true;
  best_ = metric;
  checks_without_improvement_ = 0;
  return true;
}

bool EarlyStopping::improves(double metric) const {
  return any_ ? metric < best_ - options_.min_delta : std::isfinite(metric);
}

bool EarlyStopping::should_stop() const {
  return options_.enabled && checks_without_improvement_ >= options_.patience;
}

}  // namespace greentrain
