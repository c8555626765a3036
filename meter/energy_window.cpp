#include "meter/energy_window.h"

#include <algorithm>

namespace greentrain {
namespace {

using namespace std::chrono_literals;

Seconds positive(Seconds time) { return std::max(time, Seconds(0)); }

}  // namespace

void EnergyWindow::add(const Reading& reading) {
  if (reading.before < start_) return;
  lost_last_ = reading.status != ReadStatus::Ok;
  if (lost_last_) {
    ++lost_readings_;
    lost_first_ = lost_first_ || good_readings_ == 0;
    return;
  }
  if (good_readings_ == 0) first_ = reading;
  last_ = reading;
  ++good_readings_;
}

Energy EnergyWindow::energy(Clock::Instant end) const {
  Energy energy;
  if (!delivered()) return energy;
  // A counter shows what was drawn up to one update late, and nothing since it last moved; and the
  // moment of a reading is known only up to the time that it took. At each end this much may be
  // counted wrongly, or not at all.
  const Joules late_at_start = info_->max_power * (update_period() + first_.age);
  const Joules late_at_end = info_->max_power * (update_period() + last_.age);
  const Joules outside =
      info_->max_power * (positive(first_.after - start_) + positive(end - last_.before));
  energy.joules = counted() + before_first() + after_last(end);
  energy.lo = (last_.lo - first_.lo) * (1 - info_->accuracy) - late_at_start;
  energy.hi = (last_.hi - first_.hi) * (1 + info_->accuracy) + late_at_end + outside;
  energy.lo = std::clamp(energy.lo, Joules{}, energy.joules);
  energy.hi = std::max(energy.hi, energy.joules);

  const Seconds time = end - start_;
  const Seconds missed = head() + tail(end) + (last_.unseen - first_.unseen);
  energy.covered_fraction = time > 0s ? std::clamp(1 - missed / time, 0.0, 1.0) : 1;
  energy.quality = missed > 0s ? std::max(info_->quality, Quality::Estimated) : info_->quality;
  energy.resets = last_.resets - first_.resets;
  energy.gaps = last_.gaps - first_.gaps + (head() > 0s ? 1 : 0) + (tail(end) > 0s ? 1 : 0);
  return energy;
}

std::optional<double> EnergyWindow::counter_over_integral() const {
  if (good_readings_ < 10 || !first_.integral || !last_.integral) return std::nullopt;
  const Joules integral = *last_.integral - *first_.integral;
  if (integral <= Joules{}) return std::nullopt;
  return counted() / integral - 1;
}

Seconds EnergyWindow::update_period() const {
  return std::max(info_->update_period, last_.update_period);
}

Joules EnergyWindow::counted() const {
  return delivered() ? last_.joules - first_.joules : Joules{};
}

Joules EnergyWindow::before_first() const { return mean() * head(); }

Joules EnergyWindow::after_last(Clock::Instant end) const { return mean() * tail(end); }

Seconds EnergyWindow::head() const {
  return delivered() && lost_first_ ? positive(first_.before - start_) : 0s;
}

Seconds EnergyWindow::tail(Clock::Instant end) const {
  return delivered() && lost_last_ ? positive(end - last_.after) : 0s;
}

Watts EnergyWindow::mean() const {
  const Seconds seen = last_.after - first_.before;
  return seen > 0s ? counted() / seen : Watts{};
}

}  // namespace greentrain
