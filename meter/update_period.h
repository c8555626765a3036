#pragma once

#include <optional>

#include "core/clock.h"
#include "core/units.h"

namespace greentrain {

/// Finds out how often a counter is brought up to date, from readings that are close together:
/// drivers differ, and nobody says how. Pure.
class UpdatePeriod {
 public:
  explicit UpdatePeriod(Seconds assumed) : assumed_(assumed) {}

  void add(Joules raw, Clock::Instant before, Clock::Instant after);

  /// The longest time that lay between two changes, or has passed since the last, rounded up by
  /// what the readings leave open. nullopt as long as it is below what is assumed and less than ten
  /// were seen from readings that were close enough to see each.
  std::optional<Seconds> longest() const;
  bool known() const;  ///< Ten were seen: more would tell nothing new.

 private:
  struct Look {
    Joules raw;
    Clock::Instant before;
    Clock::Instant after;
  };
  Seconds assumed_;
  std::optional<Look> last_;
  std::optional<Clock::Instant> earliest_change_;  ///< Of the last change seen.
  int changes_{0};
  Seconds longest_{0};
};

}  // namespace greentrain
