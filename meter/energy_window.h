#pragma once

#include <optional>

#include "core/clock.h"
#include "core/units.h"
#include "meter/energy.h"
#include "meter/energy_sensor.h"

namespace greentrain {

/// Energy of one sensor between two moments, from the readings in between. Any number of windows
/// may be open at once: each is given the same readings. Pure: no I/O, no clock of its own.
class EnergyWindow {
 public:
  /// `info` must outlive it.
  EnergyWindow(const SensorInfo& info, Clock::Instant start) : info_(&info), start_(start) {}
  EnergyWindow(SensorInfo&& info, Clock::Instant start) = delete;

  void add(const Reading& reading);  ///< One begun before the start of the window is passed over.

  /// Two good readings are needed to say anything; without them energy() is Unmeasured.
  bool delivered() const { return good_readings_ >= 2; }

  /// The energy up to `end`. What lies before the first and after the last good reading is filled
  /// in at the mean power, and widens the interval from nothing to the device's maximum.
  Energy energy(Clock::Instant end) const;

  /// How much more the counter shows than the power added up beside it: 0.02 is 2 %. Absent where
  /// the sensor reads no power, and for less than ten readings, which say little.
  std::optional<double> counter_over_integral() const;

  /// Between two changes of the counter: what was assumed, or seen if that is longer.
  Seconds update_period() const;

  const SensorInfo& info() const { return *info_; }
  Joules counted() const;       ///< Between the first and the last good reading.
  Joules before_first() const;  ///< Filled in where the readings at the start were lost.
  Joules after_last(Clock::Instant end) const;  ///< The same at the end.
  int lost_readings() const { return lost_readings_; }

 private:
  Seconds head() const;
  Seconds tail(Clock::Instant end) const;
  Watts mean() const;

  const SensorInfo* info_;
  Clock::Instant start_;
  Reading first_;
  Reading last_;
  int good_readings_{0};
  int lost_readings_{0};
  bool lost_first_{false};
  bool lost_last_{false};
};

}  // namespace greentrain
