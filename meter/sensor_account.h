#pragma once

#include <array>
#include <optional>

#include "core/clock.h"
#include "core/units.h"
#include "meter/energy.h"
#include "meter/energy_sensor.h"
#include "meter/phase_timer.h"

namespace greentrain {

using PhaseJoules = std::array<Joules, kPhaseCount>;

/// Shares out energy by the time each phase took between two moments; all of it goes to `current`
/// if no time passed.
PhaseJoules split_by_time(Joules energy, const PhaseSeconds& from, const PhaseSeconds& to,
                          Phase current);

/// Adds up the readings of one sensor over a run and gives the energy as an interval. Pure.
class SensorAccount {
 public:
  SensorAccount(const SensorInfo& info, Clock::Instant start, const PhaseSeconds& phases);

  /// One reading, with the phases at that moment.
  void add(const Reading& reading, const PhaseSeconds& phases, Phase current);

  /// Ends the account. What lies before the first and after the last good reading is filled in at
  /// the mean power, and widens the interval from nothing to the device's maximum.
  void close(Clock::Instant end, const PhaseSeconds& phases, Phase current);

  /// Two good readings are needed to say anything; without them energy() is Unmeasured.
  bool delivered() const { return good_readings_ >= 2; }
  const SensorInfo& info() const { return info_; }
  Joules so_far() const;
  Watts power() const { return power_; }  ///< Between the last two good readings.
  int lost_readings() const { return lost_readings_; }
  const Energy& energy() const { return energy_; }           ///< After close().
  const PhaseJoules& by_phase() const { return by_phase_; }  ///< Adds up to energy().joules.

 private:
  void attribute(Joules energy, const PhaseSeconds& from, const PhaseSeconds& to, Phase current);

  SensorInfo info_;
  Clock::Instant start_;
  PhaseSeconds phases_at_start_;
  PhaseSeconds phases_at_first_{};
  PhaseSeconds phases_at_last_{};
  Reading first_;
  Reading last_;
  int good_readings_{0};
  int lost_readings_{0};
  bool lost_first_{false};
  bool lost_last_{false};
  Watts power_;
  PhaseJoules by_phase_{};
  Energy energy_;
};

}  // namespace greentrain
