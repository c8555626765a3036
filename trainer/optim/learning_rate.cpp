#include "trainer/optim/learning_rate.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace greentrain {

double LearningRate::at(std::int64_t step, std::int64_t total_steps) const {
  const auto total = static_cast<double>(total_steps);
  const auto done = static_cast<double>(std::min(step, total_steps));
  const double warmup = std::round(options_.warmup.value * total);
  if (done < warmup) return peak_ * (done + 1) / (warmup + 1);
  if (options_.type == ScheduleType::Constant) return peak_;
  const double progress = total > warmup ? (done - warmup) / (total - warmup) : 1.0;
  const double floor = options_.floor.value;
  return peak_ * (floor + (1 - floor) * (1 + std::cos(std::numbers::pi * progress)) / 2);
}

}  // namespace greentrain
