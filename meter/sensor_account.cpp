#include "meter/sensor_account.h"

#include <algorithm>

namespace greentrain {
namespace {

using namespace std::chrono_literals;

bool usable(const Reading& reading) { return reading.status == ReadStatus::Ok; }

Seconds positive(Seconds time) { return std::max(time, Seconds(0)); }

}  // namespace

PhaseJoules split_by_time(Joules energy, const PhaseSeconds& from, const PhaseSeconds& to,
                          Phase current) {
  Seconds total{0};
  for (std::size_t i = 0; i < to.size(); ++i) total += positive(to[i] - from[i]);
  PhaseJoules shares{};
  if (total <= 0s) {
    shares[static_cast<std::size_t>(current)] = energy;
    return shares;
  }
  for (std::size_t i = 0; i < to.size(); ++i) {
    shares[i] = energy * (positive(to[i] - from[i]) / total);
  }
  return shares;
}

SensorAccount::SensorAccount(const SensorInfo& info, Clock::Instant start,
                             const PhaseSeconds& phases)
    : info_(info), start_(start), phases_at_start_(phases) {}

void SensorAccount::add(const Reading& reading, const PhaseSeconds& phases, Phase current) {
  lost_last_ = !usable(reading);
  if (lost_last_) {
    ++lost_readings_;
    lost_first_ = lost_first_ || good_readings_ == 0;
    return;
  }
  if (good_readings_ == 0) {
    first_ = reading;
    phases_at_first_ = phases;
  } else {
    const Joules energy = reading.joules - last_.joules;
    attribute(energy, phases_at_last_, phases, current);
    const Seconds time = reading.after - last_.after;
    if (time > 0s) power_ = energy / time;
  }
  last_ = reading;
  phases_at_last_ = phases;
  ++good_readings_;
}

void SensorAccount::close(Clock::Instant end, const PhaseSeconds& phases, Phase current) {
  if (!delivered()) return;
  const Seconds head = lost_first_ ? positive(first_.before - start_) : 0s;
  const Seconds tail = lost_last_ ? positive(end - last_.after) : 0s;
  const Seconds seen = last_.after - first_.before;
  const Watts mean = seen > 0s ? so_far() / seen : Watts{};
  const Joules counted = so_far();
  attribute(mean * head, phases_at_start_, phases_at_first_, current);
  attribute(mean * tail, phases_at_last_, phases, current);

  // A counter lags by up to one update, and the moment of a reading is known only up to the time
  // that it took: at each end of the run this much may be counted wrongly, or not at all.
  const Joules lag = info_.max_power * info_.update_period;
  const Joules outside =
      info_.max_power * (positive(first_.after - start_) + positive(end - last_.before));
  energy_.joules = counted + mean * (head + tail);
  energy_.lo = (last_.lo - first_.lo) * (1 - info_.accuracy) - lag;
  energy_.hi = (last_.hi - first_.hi) * (1 + info_.accuracy) + lag + outside;
  energy_.lo = std::clamp(energy_.lo, Joules{}, energy_.joules);
  energy_.hi = std::max(energy_.hi, energy_.joules);

  const Seconds run = end - start_;
  const Seconds missed = head + tail + (last_.unseen - first_.unseen);
  energy_.covered_fraction = run > 0s ? std::clamp(1 - missed / run, 0.0, 1.0) : 1;
  energy_.quality = missed > 0s ? std::max(info_.quality, Quality::Estimated) : info_.quality;
}

Joules SensorAccount::so_far() const {
  return delivered() ? last_.joules - first_.joules : Joules{};
}

void SensorAccount::attribute(Joules energy, const PhaseSeconds& from, const PhaseSeconds& to,
                              Phase current) {
  const PhaseJoules shares = split_by_time(energy, from, to, current);
  for (std::size_t i = 0; i < shares.size(); ++i) by_phase_[i] += shares[i];
}

}  // namespace greentrain
