#pragma once

#include <optional>

#include "core/clock.h"
#include "core/units.h"

namespace greentrain {

/// Finds out how often a counter is brought up to date, from readings that are close together:
/// drivers differ, and nobody says how. Pure.
class UpdatePeriod {
 public:
  void add(Joules raw, Clock::Instant before, Clock::Instant after);

  /// The longest time that lay between two changes, rounded up by what the readings leave open.
  /// nullopt until ten were seen from readings that were close enough to see each.
  std::optional<Seconds> longest() const;

 private:
  struct Look {
    Joules raw;
    Clock::Instant before;
    Clock::Instant after;
  };
  std::optional<Look> last_;
  std::optional<Clock::Instant> earliest_change_;  ///< Of the last change seen.
  int changes_{0};
  Seconds longest_{0};
};

}  // namespace greentrain
