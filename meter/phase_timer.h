#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "core/clock.h"
#include "core/units.h"
#include "meter/energy.h"

namespace greentrain {

/// Seconds spent in each phase by one rank. The training thread calls enter(); any thread may read.
class PhaseTimer {
 public:
  explicit PhaseTimer(const Clock& clock);
  void enter(Phase phase);  ///< About 50 ns. The time up to now belongs to the phase before.
  Phase current() const;
  /// Seconds by phase so far, the running phase included.
  std::array<Seconds, kPhaseCount> totals() const;

 private:
  const Clock& clock_;
  std::array<std::atomic<std::int64_t>, kPhaseCount> nanoseconds_{};
  std::atomic<Phase> current_{Phase::Startup};
  std::atomic<std::int64_t> entered_at_;
};

}  // namespace greentrain
