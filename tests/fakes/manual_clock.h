#pragma once

#include <atomic>
#include <cstdint>

#include "core/clock.h"
#include "core/units.h"

namespace greentrain {

/// A clock that stands still until a test moves it. Thread-safe.
class ManualClock final : public Clock {
 public:
  Instant now() const override { return Instant(std::chrono::nanoseconds(nanoseconds_)); }
  std::chrono::system_clock::time_point date() const override {
    return std::chrono::system_clock::time_point(
        std::chrono::duration_cast<std::chrono::system_clock::duration>(
            std::chrono::nanoseconds(kStart + nanoseconds_)));
  }
  void advance(Seconds time) {
    nanoseconds_ += std::chrono::duration_cast<std::chrono::nanoseconds>(time).count();
  }

 private:
  static constexpr std::int64_t kStart = 1'735'689'600'000'000'000;  ///< 2025-01-01T00:00:00Z.
  std::atomic<std::int64_t> nanoseconds_{1'000'000'000};
};

}  // namespace greentrain
