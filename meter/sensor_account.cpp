#include "meter/sensor_account.h"

#include <algorithm>

namespace greentrain {
namespace {

using namespace std::chrono_literals;

// Over less, the steps of a counter would pass for changes of the power.
constexpr Seconds kShortestForPower = 500ms;
constexpr int kUpdatesForPower = 5;

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
    : window_(info, start), phases_at_start_(phases), last_(start) {}

void SensorAccount::add(const Reading& reading, const PhaseSeconds& phases, Phase current) {
  window_.add(reading);
  lost_ = reading.status != ReadStatus::Ok;
  if (lost_) return;
  if (begun_) {
    const Joules energy = window_.counted() - counted_;
    attribute(energy, phases_at_last_, phases, current);
    const Seconds time = reading.after - power_since_;
    if (time >= std::max<Seconds>(kShortestForPower, kUpdatesForPower * window_.update_period())) {
      power_ = (window_.counted() - counted_to_power_) / time;
      power_since_ = reading.after;
      counted_to_power_ = window_.counted();
    }
  } else {
    phases_at_first_ = phases;
    power_since_ = reading.after;
  }
  begun_ = true;
  counted_ = window_.counted();
  phases_at_last_ = phases;
  last_ = reading.after;
}

std::optional<Clock::Instant> SensorAccount::lost_since() const {
  return lost_ ? std::optional(last_) : std::nullopt;
}

void SensorAccount::close(Clock::Instant end, const PhaseSeconds& phases, Phase current) {
  energy_ = window_.energy(end);
  attribute(window_.before_first(), phases_at_start_, phases_at_first_, current);
  attribute(window_.after_last(end), phases_at_last_, phases, current);
}

void SensorAccount::attribute(Joules energy, const PhaseSeconds& from, const PhaseSeconds& to,
                              Phase current) {
  const PhaseJoules shares = split_by_time(energy, from, to, current);
  for (std::size_t i = 0; i < shares.size(); ++i) by_phase_[i] += shares[i];
}

}  // namespace greentrain
