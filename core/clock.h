#pragma once

#include <chrono>

namespace greentrain {

/// Time, injected so that tests need no sleep. Thread-safe.
class Clock {
 public:
  using Instant = std::chrono::steady_clock::time_point;
  virtual ~Clock() = default;
  virtual Instant now() const = 0;  ///< For elapsed time; never steps back.
  virtual std::chrono::system_clock::time_point date() const = 0;  ///< UTC; may step.
};

/// The machine's clocks.
class SystemClock final : public Clock {
 public:
  Instant now() const override { return std::chrono::steady_clock::now(); }
  std::chrono::system_clock::time_point date() const override {
    return std::chrono::system_clock::now();
  }
};

}  // namespace greentrain
