#pragma once

#include <optional>

#include "core/clock.h"
#include "core/units.h"

namespace greentrain {

/// What is known of a hardware energy counter that only grows, wraps and may be reset.
struct CounterLimits {
  std::optional<Joules> range;  ///< It wraps from range to 0; unknown: every decrease is a reset.
  Watts max_power;              ///< More than the device can ever draw.
  Seconds update_period{0};     ///< Time between two changes of the counter.
};

/// What happened between two readings of a counter.
enum class CounterEvent {
  Advanced,  ///< It grew by a plausible amount.
  Wrapped,   ///< It wrapped once; the amount is plausible with the range added.
  Reset,     ///< No plausible amount explains the values: restarted, or jumped.
  Ambiguous  ///< The time between the readings is long enough for more than one wrap.
};

/// Energy between two readings of a counter, as an interval.
struct CounterStep {
  CounterEvent event;
  Joules joules;
  Joules lo;
  Joules hi;
};

/// Half the time in which the counter can wrap; nullopt if it never does.
std::optional<Seconds> longest_period(const CounterLimits& limits);

/// Tells what happened from the two values and the longest time that may lie between them. Amounts
/// above max_power x (longest + update_period) are held to be impossible. `expected` picks the best
/// single figure where the values do not say: the middle of the interval if absent.
CounterStep counter_step(const CounterLimits& limits, Joules before, Joules after, Seconds longest,
                         std::optional<Joules> expected = std::nullopt);

/// Unwraps one counter. Pure: no I/O, no clock of its own.
class CounterTotal {
 public:
  explicit CounterTotal(const CounterLimits& limits) : limits_(limits) {}

  /// Adds one value of the counter, read between two instants. False when the counter has stood
  /// still for longer than a device under power can: what it says then counts as a lost reading.
  bool add(Joules raw, Clock::Instant before, Clock::Instant after);

  Joules joules() const { return joules_; }
  Joules lo() const { return lo_; }
  Joules hi() const { return hi_; }
  Seconds unseen() const { return unseen_; }  ///< Time across resets, standstills and many wraps.
  Seconds age() const { return age_; }  ///< From the reading that last showed a change to the last.
  int resets() const { return resets_; }
  int gaps() const { return gaps_; }  ///< Standstills and many wraps.

 private:
  struct Base {
    Joules raw;
    Clock::Instant before;
    Clock::Instant after;
  };

  CounterLimits limits_;
  std::optional<Base> base_;      ///< The last reading at which the counter had changed.
  std::optional<Watts> average_;  ///< Over the last plausible step.
  Joules joules_;
  Joules lo_;
  Joules hi_;
  Seconds unseen_{0};
  std::optional<Seconds> previous_step_;  ///< How long the step before base_ took at most.
  Seconds age_{0};
  int resets_{0};
  int gaps_{0};
  bool frozen_{false};
};

struct Reading;
void fill(Reading& reading, const CounterTotal& total);  ///< Makes it a good one.

}  // namespace greentrain
