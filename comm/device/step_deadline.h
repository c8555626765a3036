#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "core/clock.h"
#include "core/units.h"

namespace greentrain {

/// How long the GPU may take over a step's exchange before it counts as hung.
struct StepLimits {
  Seconds first{300};  ///< The first step: libraries load, NCCL opens its connections.
  Seconds later{60};
};

/// Steps whose exchange is enqueued but not over. Thread-safe.
class StepDeadline {
 public:
  static constexpr std::size_t kSlots = 2;  ///< Steps in flight; so many ends are kept apart.

  StepDeadline(const Clock& clock, StepLimits limits) : clock_(clock), limits_(limits) {}

  /// A step is enqueued; `over` says whether the GPU is done with it, until the step after the
  /// next is expected. Called from whichever thread calls overdue().
  void expect(std::uint64_t step, std::function<bool()> over);
  /// What takes longer than its limit, if anything.
  std::optional<std::string> overdue();

 private:
  struct Slot {
    std::uint64_t step{0};
    Clock::Instant since;
    std::function<bool()> over;  ///< Empty: nothing is expected.
  };

  const Clock& clock_;
  StepLimits limits_;
  std::mutex mutex_;
  std::array<Slot, kSlots> slots_;
};

}  // namespace greentrain
