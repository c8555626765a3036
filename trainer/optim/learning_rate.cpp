#include "trainer/optim/learning_rate.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace greentrain {
namespace {

constexpr double kStandsStill = 0.9999;  // Of the lowest loss; the threshold of torch.

}  // namespace

Progress nearest_end(Progress a, Progress b) {
  const auto share = [](const Progress& of) {
    return of.all > 0 ? static_cast<double>(of.done) / static_cast<double>(of.all) : 0;
  };
  const bool first = b.all == 0 || (a.all > 0 && share(a) >= share(b) && a.all < b.all);
  return first ? a : b;
}

double LearningRate::at(std::int64_t step, std::int64_t total_steps) const {
  const auto total = static_cast<double>(total_steps);
  const auto done = static_cast<double>(std::min(step, total_steps));
  const double warmup = std::round(options_.warmup.value * total);
  if (done < warmup) return peak_ * (done + 1) / (warmup + 1);
  return peak_ * share(done, warmup, total);
}

double LearningRate::share(double done, double warmup, double total) const {
  const double progress = total > warmup ? (done - warmup) / (total - warmup) : 1.0;
  const double floor = options_.floor.value;
  const auto above_floor = [&](double left) { return floor + (1 - floor) * left; };
  switch (options_.type) {
    case ScheduleType::Constant:
      return 1;
    case ScheduleType::Linear:
      return above_floor(1 - progress);
    case ScheduleType::Cosine:
      return above_floor((1 + std::cos(std::numbers::pi * progress)) / 2);
    case ScheduleType::WarmupStableDecay: {
      const double decay = options_.decay.value * total;
      return decay > 0 ? above_floor(std::min(1.0, (total - done) / decay)) : 1;
    }
    case ScheduleType::InverseSqrt:
      return done > 0 ? std::max(floor, std::sqrt(std::max(warmup, 1.0) / done)) : 1;
    case ScheduleType::Plateau:
      return std::max(floor, std::pow(options_.factor, reductions_));
  }
  return 1;
}

void LearningRate::observe(double validation_loss) {
  const bool lower = !lowest_ || validation_loss < *lowest_ * kStandsStill;
  if (lower && std::isfinite(validation_loss)) {
    lowest_ = validation_loss;
    standing_still_ = 0;
  } else if (++standing_still_ == options_.patience) {
    standing_still_ = 0;
    ++reductions_;
  }
}

}  // namespace greentrain
