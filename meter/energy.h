#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/units.h"

namespace greentrain {

/// How a figure came about, best first. A total is only as good as its worst part.
enum class Quality { Measured, Integrated, Estimated, Unmeasured };

/// Energy as an interval: the true value lies in [lo, hi] as far as the sensors' data sheets hold.
struct Energy {
  Joules joules;  ///< Best single figure inside the interval.
  Joules lo;
  Joules hi;
  double covered_fraction{0};  ///< Share of the time during which the sensor delivered, 0 to 1.
  Quality quality{Quality::Unmeasured};
  int resets{0};  ///< Of the counter: restarts, and jumps that no power explains.
  int gaps{0};    ///< Stretches that it cannot vouch for without a reset: standstill, many wraps,
                  ///< no reading at an end.
};

/// Sum of energies of different devices over the same time: bounds, resets and gaps add, coverage
/// is the lowest, quality the worst. An empty list is unmeasured.
Energy sum(const std::vector<Energy>& parts);

/// What a step spends its time on.
enum class Phase {
  Startup,
  Data,
  Forward,
  Backward,
  Exchange,
  Update,
  Wait,  ///< For other ranks, inside the two before.
  Evaluation,
  Checkpoint,
  Idle
};
inline constexpr int kPhaseCount = 10;

std::string to_string(Quality quality);  ///< "measured", ...
std::string to_string(Phase phase);      ///< "data", ...
std::optional<Quality> quality_from_string(std::string_view name);
std::optional<Phase> phase_from_string(std::string_view name);

}  // namespace greentrain
