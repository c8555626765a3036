#include "trainer/run/throughput.h"

namespace greentrain {
namespace {

constexpr std::chrono::seconds kWindow{5};

}  // namespace

void Throughput::observe(Clock::Instant now, std::int64_t samples_seen) {
  // A hundred points show a change soon enough, however short the steps are.
  if (points_.size() >= 2 && now - points_[points_.size() - 2].time < kWindow / 100) {
    points_.pop_back();
  }
  points_.push_back({now, samples_seen});
  while (points_.size() > 2 && now - points_[1].time >= kWindow) points_.pop_front();
}

std::optional<double> Throughput::per_second() const {
  if (points_.empty()) return std::nullopt;
  const Seconds time = points_.back().time - points_.front().time;
  if (time <= Seconds{0}) return std::nullopt;
  return static_cast<double>(points_.back().samples - points_.front().samples) / time.count();
}

}  // namespace greentrain
