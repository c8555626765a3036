#pragma once

#include <array>
#include <optional>

#include "core/clock.h"
#include "core/units.h"
#include "meter/energy.h"
#include "meter/energy_window.h"
#include "meter/phase_timer.h"

namespace greentrain {

using PhaseJoules = std::array<Joules, kPhaseCount>;

/// Shares out energy by the time each phase took between two moments; all of it goes to `current`
/// if no time passed.
PhaseJoules split_by_time(Joules energy, const PhaseSeconds& from, const PhaseSeconds& to,
                          Phase current);

/// A window over a whole run that also shares out the energy of its sensor among the phases. Pure.
class SensorAccount {
 public:
  /// `info` must outlive it.
  SensorAccount(const SensorInfo& info, Clock::Instant start, const PhaseSeconds& phases);
  SensorAccount(SensorInfo&& info, Clock::Instant start, const PhaseSeconds& phases) = delete;

  /// One reading, with the phases at that moment.
  void add(const Reading& reading, const PhaseSeconds& phases, Phase current);

  /// Ends the account. What had to be filled in at the ends goes to the phases of that time.
  void close(Clock::Instant end, const PhaseSeconds& phases, Phase current);

  const EnergyWindow& window() const { return window_; }
  /// When the last good reading was, or the start, if readings have been lost since then.
  std::optional<Clock::Instant> lost_since() const;
  /// Mean over half a second or more, five updates of the counter at least, up to a good reading.
  Watts power() const { return power_; }
  const Energy& energy() const { return energy_; }           ///< After close().
  const PhaseJoules& by_phase() const { return by_phase_; }  ///< Adds up to energy().joules.

 private:
  void attribute(Joules energy, const PhaseSeconds& from, const PhaseSeconds& to, Phase current);

  EnergyWindow window_;
  PhaseSeconds phases_at_start_;
  PhaseSeconds phases_at_first_{};
  PhaseSeconds phases_at_last_{};
  Clock::Instant last_;         ///< End of the last good reading; the start, before there is one.
  bool begun_{false};           ///< One good reading was there.
  bool lost_{false};            ///< The last one was not.
  Joules counted_;              ///< Up to it.
  Clock::Instant power_since_;  ///< Good readings that power_ begins anew at.
  Joules counted_to_power_;
  Watts power_;
  PhaseJoules by_phase_{};
  Energy energy_;
};

}  // namespace greentrain
