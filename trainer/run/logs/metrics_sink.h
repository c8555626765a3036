#pragma once

#include "trainer/run/logs/metrics_point.h"

namespace greentrain {

/// A log of a run that gets each point as it comes. Owned by rank 0; not thread-safe.
class MetricsSink {
 public:
  virtual ~MetricsSink() = default;
  /// Hands all of the point to the system, so that it outlives this process. Throws Error when it
  /// could not be written whole, after cutting off what was written of it.
  virtual void write(const MetricsPoint& point) = 0;
};

}  // namespace greentrain
