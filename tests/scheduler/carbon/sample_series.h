#pragma once

#include <utility>
#include <vector>

#include "scheduler/carbon/series.h"

namespace greentrain {

/// The moment at which the samples in tests/data/feeds were taken.
inline const UtcTime kSampleNow = *parse_utc("2026-11-20T12:00Z");

/// Hourly measured values of DE from `start` on, published and read at `known_at`.
inline CarbonSeriesFields sample_fields(UtcTime start, UtcTime known_at,
                                        std::vector<std::optional<double>> grams_per_kwh) {
  CarbonSeriesFields fields;
  fields.signal = {"DE", SignalKind::Average, EmissionBasis::Lifecycle, "sample"};
  fields.method = SeriesMethod::Measured;
  fields.generated_at = fields.retrieved_at = known_at;
  fields.start = start;
  fields.step = std::chrono::hours{1};
  for (const std::optional<double>& value : grams_per_kwh) {
    fields.values.push_back(value ? std::optional(GramsPerKwh{*value}) : std::nullopt);
  }
  return fields;
}

}  // namespace greentrain
