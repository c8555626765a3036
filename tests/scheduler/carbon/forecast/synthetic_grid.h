#pragma once

#include <cmath>
#include <functional>
#include <random>
#include <vector>

#include "scheduler/carbon/vintage_store.h"
#include "tests/scheduler/carbon/sample_series.h"

namespace greentrain {

/// g/kWh of an invented grid: a dip at noon, a peak in the evening, the same every day.
inline double daily_shape(UtcTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const double hour = static_cast<double>((time - day).count()) / 3600;
  return 300 - 120 * std::exp(-std::pow((hour - 12.5) / 3, 2)) +
         60 * std::exp(-std::pow((hour - 19) / 2, 2));
}

/// Hourly values of `shape` for so many days up to kSampleNow, each retrieved `lag` after its end.
inline std::vector<PublishedValue> publish(int days, std::chrono::seconds lag,
                                           const std::function<double(UtcTime)>& shape) {
  using namespace std::chrono_literals;
  std::vector<PublishedValue> values;
  for (UtcTime hour = kSampleNow - days * 24h; hour + 1h + lag <= kSampleNow; hour += 1h) {
    values.push_back({hour, 1h, GramsPerKwh{shape(hour)}, SeriesMethod::Measured, hour + 1h + lag});
  }
  return values;
}

/// The daily shape on a level that wanders from hour to hour: so that the last error says something
/// about the next hours.
inline std::function<double(UtcTime)> wandering_shape(unsigned seed) {
  auto random = std::make_shared<std::mt19937>(seed);
  auto level = std::make_shared<double>(0);
  return [random, level](UtcTime time) {
    const double step = static_cast<double>((*random)() % 2001) / 1000 - 1;  // -1 to 1.
    *level = 0.97 * *level + 15 * step;
    return daily_shape(time) + *level;
  };
}

/// Values that tell nothing about the next ones.
inline std::function<double(UtcTime)> noise_shape(unsigned seed) {
  auto random = std::make_shared<std::mt19937>(seed);
  return [random](UtcTime) { return 200 + static_cast<double>((*random)() % 200); };
}

}  // namespace greentrain
