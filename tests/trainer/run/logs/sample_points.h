#pragma once

#include <limits>

#include "trainer/run/logs/metrics_point.h"

namespace greentrain {

/// An evaluation of which everything is known.
inline MetricsPoint full_point() {
  MetricsPoint point;
  point.step = 20;
  point.epoch = 1;
  point.samples_seen = 1280;
  point.time = Seconds{0.5};
  point.loss = 1.25;
  point.validation_loss = 1.5;
  point.validation_metrics = {{"accuracy", 0.75}, {"top_5", 0.875}};
  point.learning_rate = 0.001;
  point.samples_per_s = 2560.0;
  point.power = Watts{12.5};
  point.joules = Joules{6.25};
  return point;
}

/// A step of which little is known: its loss is not a number, and nothing is metered.
inline MetricsPoint bare_point() {
  MetricsPoint point;
  point.step = 21;
  point.epoch = 1;
  point.samples_seen = 1344;
  point.time = Seconds{2};
  point.loss = std::numeric_limits<double>::quiet_NaN();
  return point;
}

/// A step with the phases that took time.
inline MetricsPoint point_with_phases() {
  MetricsPoint point = bare_point();
  point.loss = 2;
  point.phases.emplace();
  (*point.phases)[static_cast<std::size_t>(Phase::Forward)] = Seconds{0.25};
  (*point.phases)[static_cast<std::size_t>(Phase::Update)] = Seconds{0.5};
  return point;
}

}  // namespace greentrain
