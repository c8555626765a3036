#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "scheduler/govern/run_adviser.h"

namespace greentrain {

/// What the governor decided and on which figures: they cannot be measured twice, so they are kept.
struct GovernorDecision {
  UtcTime at;
  Advice advice;
  std::string reason;
  std::string state;  ///< Of the feed; empty if nothing is known.
  std::int64_t steps{0};
  Joules joules;
  std::optional<Seconds> left{};
  std::optional<Watts> running_power{}, paused_power{};
  std::optional<UtcTime> deadline{}, planned_end{};
  std::optional<double> expected_grams{};  ///< Of the rest; empty if the power is not known.
  std::optional<double> bound_grams{};     ///< No plan of the rest emits less.
};

}  // namespace greentrain
