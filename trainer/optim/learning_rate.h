#pragma once

#include <cstdint>

#include "trainer/optim/optim_options.h"

namespace greentrain {

/// The learning rate as a function of progress alone. With w = warmup * total steps, rounded:
/// step s < w runs at peak (s + 1) / (w + 1); then the rate is the peak, or falls as
/// floor + (1 - floor) (1 + cos(pi (s - w) / (total - w))) / 2 of it (Loshchilov and Hutter 2017,
/// arXiv 1608.03983, eq. 5). Steps before the total run above 0 and above the floor.
class LearningRate {
 public:
  LearningRate(const ScheduleOptions& options, double peak) : options_(options), peak_(peak) {}
  double at(std::int64_t step, std::int64_t total_steps) const;  ///< Steps count from 0.

 private:
  ScheduleOptions options_;
  double peak_;
};

}  // namespace greentrain
