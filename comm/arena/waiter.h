#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "core/units.h"

namespace greentrain {

/// A counter in shared memory that one rank raises and others wait for. It never falls.
struct alignas(64) SharedCounter {
  std::atomic<std::uint32_t> value{0};
  std::atomic<std::uint32_t> sleepers{0};

  /// Makes everything written before visible to those who see the new value.
  void raise_to(std::uint32_t target);
  bool reached(std::uint32_t target) const {
    // Signed distance: right across the wrap at 2^32.
    return static_cast<std::int32_t>(value.load(std::memory_order_acquire) - target) >= 0;
  }
};

/// Waits for shared counters: spins at most 20 us, then sleeps in the kernel (futex), so that a
/// waiting rank costs no energy. Counts the seconds waited. One per rank, one thread.
class Waiter {
 public:
  /// `gone` is 1 once the group is broken: every wait then throws Error.
  explicit Waiter(const std::atomic<std::uint32_t>& gone) : gone_(gone) {}

  /// Blocks until the counter has reached the target.
  void wait(SharedCounter& counter, std::uint32_t target);
  Seconds waited() const { return waited_; }

 private:
  void sleep_until(SharedCounter& counter, std::uint32_t target);

  const std::atomic<std::uint32_t>& gone_;
  Seconds waited_{0};
};

}  // namespace greentrain
