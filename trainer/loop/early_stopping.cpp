#include "trainer/loop/early_stopping.h"

#include <cmath>
#include <limits>

namespace greentrain {

EarlyStopping::EarlyStopping(const EarlyStoppingOptions& options)
    : options_(options),
      metric_(monitored_metric(options.monitor)),
      rises_(should_rise(parse_metric(metric_).value_or(Metric{MetricKind::Loss}).kind)) {}

bool EarlyStopping::observe(const Evaluation& evaluation) {
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();  // Improves on nothing.
  const double value = evaluation.value(metric_).value_or(kNone);
  const double metric = rises_ ? -value : value;  // Falling is better from here on.
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
