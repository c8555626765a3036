#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "core/units.h"
#include "meter/energy_report.h"
#include "meter/mean_interval.h"

namespace greentrain {

/// One repetition: so many queries, answered one after the other in batches.
struct InferenceRun {
  std::int64_t queries{0};
  Seconds time{0};
  Energy energy;  ///< Of the node meanwhile.
};

/// What answering costs at one batch size.
struct InferenceCost {
  std::int64_t batch{1};
  std::vector<InferenceRun> runs;

  bool measured() const;
  /// Joules by query: mean of the runs; how runs differ, at 95 % confidence; and what the sensors'
  /// bounds allow over all runs together. measured() only.
  MeanInterval joules_per_query() const;
  MeanInterval sensor_bounds() const;
  double queries_per_s() const;
};

/// A number of queries whose energy is that of the training, as far as both are known.
struct BreakEven {
  double queries{0};
  double lo{0};
  std::optional<double> hi;  ///< None: the sensors cannot tell the answers' energy from nothing.
};
std::optional<BreakEven> break_even(const Energy& training, const InferenceCost& cost);

/// What `greentrain bench` found out.
struct InferenceReport {
  std::string run_directory;
  std::string device;
  std::int64_t threads{0};
  std::int64_t queries{0};  ///< Different ones.
  std::int64_t warmup{0};
  std::vector<InferenceCost> costs;  ///< By batch size, as asked for.
  std::optional<Energy> training;    ///< From the run's report.json.
  EnergyReport energy;               ///< Of the node over all of it, warm-up included.
};

nlohmann::json to_json(const InferenceReport& report);  ///< docs/inference.md has the fields.
std::string to_text(const InferenceReport& report);

}  // namespace greentrain
