#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/units.h"
#include "meter/energy.h"

namespace greentrain {

/// What was known after one step.
struct MetricsPoint {
  std::int64_t step{0};
  std::int64_t epoch{0};
  std::int64_t samples_seen{0};
  Seconds time{0};  ///< Since the run started.
  std::optional<double> loss{};
  std::optional<double> validation_loss{};
  std::map<std::string, double> validation_metrics{};  ///< By name, without "validation_".
  std::optional<double> learning_rate{};
  std::optional<double> gradient_norm{};
  std::optional<double> loss_scale{};
  std::string passed_over{};  ///< Why the step changed no weights; empty when it did.
  std::optional<double> samples_per_s{};
  std::optional<Watts> power{};
  std::optional<Joules> joules{};  ///< Since the run started.
  /// Of rank 0 since the last point that had them, by Phase.
  std::optional<std::array<Seconds, kPhaseCount>> phases{};
};

/// Every number of a point that is known and finite, in the order of metrics.jsonl, and under the
/// name that it has there; those of phases_s, where they took time, as "phases_s.forward".
std::vector<std::pair<std::string, double>> numbers_of(const MetricsPoint& point);

/// The name of each number that a point may have, in the same order, when evaluations measure these
/// metrics.
std::vector<std::string> metric_columns(const std::vector<std::string>& metrics);

}  // namespace greentrain
