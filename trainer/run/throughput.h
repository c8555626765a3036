#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "core/clock.h"
#include "core/units.h"

namespace greentrain {

/// Samples per second over the last few seconds. Not thread-safe.
class Throughput {
 public:
  void observe(Clock::Instant now, std::int64_t samples_seen);  ///< After every step.
  std::optional<double> per_second() const;  ///< Empty until two points lie apart in time.

 private:
  struct Point {
    Clock::Instant time;
    std::int64_t samples;
  };
  std::deque<Point> points_;
};

}  // namespace greentrain
