#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <utility>

#include "core/clock.h"
#include "core/units.h"
#include "meter/energy.h"

namespace greentrain {

/// Seconds by phase, indexed by static_cast<std::size_t>(Phase).
using PhaseSeconds = std::array<Seconds, kPhaseCount>;

/// Seconds spent in each phase by one rank. The training thread calls enter(); any thread may read.
class PhaseTimer {
 public:
  explicit PhaseTimer(const Clock& clock);
  void enter(Phase phase);  ///< About 50 ns. The time up to now belongs to the phase before.
  /// Gives time of one phase to another, at most as much as there is: for what is known only
  /// afterwards, such as how much of an exchange was waiting. The training thread calls it.
  void move(Phase from, Phase to, Seconds time);
  /// `listener` is told of each phase as it is entered, by the training thread; null: nobody is.
  void listen(std::function<void(Phase)> listener) { listener_ = std::move(listener); }
  /// Likewise, before the listener: for DevicePhases.
  void follow(std::function<void(Phase)> follower) { follower_ = std::move(follower); }
  Phase current() const;
  /// Seconds by phase so far, the running phase included.
  PhaseSeconds totals() const;

 private:
  const Clock& clock_;
  std::function<void(Phase)> listener_;
  std::function<void(Phase)> follower_;
  std::atomic<std::uint32_t> version_{0};  ///< Odd while enter() is at work.
  std::array<std::atomic<std::int64_t>, kPhaseCount> nanoseconds_{};
  std::atomic<Phase> current_{Phase::Startup};
  std::atomic<std::int64_t> entered_at_;
};

}  // namespace greentrain
