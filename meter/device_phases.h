#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <vector>

#include "core/units.h"
#include "meter/phase_timer.h"

namespace greentrain {

/// Marks in the work of a device, such as events in the stream of a GPU. One thread.
class DeviceMarks {
 public:
  virtual ~DeviceMarks() = default;
  /// Puts mark number `slot` behind all work that was given to the device so far. Does not wait.
  virtual void put(std::size_t slot) = 0;
  /// Time of the device between two marks; nullopt if it has not come past both. Does not wait.
  virtual std::optional<Seconds> between(std::size_t from, std::size_t to) = 0;
};

/// Phases of a step as a device goes through them. The host only gives the device work and runs
/// ahead, so the time it spends in a phase says little. A mark is put at the beginning of each; a
/// step later, without ever waiting, the step's time is shared out anew by what lay between the
/// marks. A step whose marks are not reached by then keeps the host's shares. One thread, that of
/// the PhaseTimer.
class DevicePhases {
 public:
  static constexpr std::size_t kMostMarks =
      64;  ///< Of a step; what comes later counts to the last.
  static constexpr std::size_t kSlots = 2 * (kMostMarks + 1);  ///< Of two steps.

  /// Both must outlive it.
  DevicePhases(PhaseTimer& phases, DeviceMarks& marks) : phases_(phases), marks_(marks) {}

  /// For PhaseTimer::follow(). Data after another phase begins a step; a phase that is not part of
  /// one ends it.
  void entered(Phase phase);

 private:
  struct Step {
    std::vector<Phase> entered;  ///< By mark.
    PhaseSeconds host_before{};
    PhaseSeconds host{};  ///< Time of the host by phase, once the step has ended.
    bool ended{false};
  };

  std::size_t slot(std::size_t step, std::size_t mark) const {
    return step * (kMostMarks + 1) + mark;
  }
  void end_step();
  void share_out(std::size_t step);

  PhaseTimer& phases_;
  DeviceMarks& marks_;
  std::array<Step, 2> steps_;
  std::size_t current_{0};
  bool in_step_{false};
  Phase last_{Phase::Startup};
};

/// Moves time between phases of the timer, which spent `host` in them, so that each has its share
/// of `device` in the sum of `host`.
void share_out_anew(PhaseTimer& phases, const PhaseSeconds& host, const PhaseSeconds& device);

}  // namespace greentrain
