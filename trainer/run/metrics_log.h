#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "core/file.h"
#include "core/units.h"
#include "meter/energy.h"

namespace greentrain {

/// What was known after one step. What is not known is left out of the line.
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

/// metrics.jsonl: one JSON object per line, one line per point; fields as in docs/report.md.
/// Owned by rank 0; not thread-safe.
class MetricsLog {
 public:
  explicit MetricsLog(const std::filesystem::path& path);
  void write(
      const MetricsPoint& point);  ///< Throws Error when the line could not be written whole.

 private:
  AppendFile file_;
};

}  // namespace greentrain
