#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "scheduler/carbon/feed_state.h"
#include "scheduler/govern/carbon_governor.h"
#include "scheduler/govern/run_carbon.h"

namespace greentrain {

/// What became of a run that followed a plan. Plain data.
struct PlanOutcome {
  std::string zone{};
  std::string signal{};  ///< "DE average lifecycle by electricitymaps"; empty: no feed answered.
  std::string policy{};
  std::optional<UtcTime> deadline{};  ///< Empty: it ended before its length was measured.
  UtcTime ended_at{};
  Seconds paused{0};
  std::int64_t pauses{0};
  std::int64_t plans{0};  ///< The first one and each that replaced another.
  std::optional<CarbonGovernor::Planned> planned{};
  std::optional<RunCarbon> carbon{};  ///< Empty: no intensity is known, or nothing measures energy.
  /// Seconds in each state of the feed, by FeedState.
  std::array<std::chrono::seconds, enum_names<FeedState>.size()> time_in{};
  std::string stopped{};  ///< Why the plan ended the run; empty: it did not.

  bool deadline_kept() const { return deadline && ended_at <= *deadline; }
};

/// One sentence or two for the receipt.
std::string to_text(const PlanOutcome& outcome);

}  // namespace greentrain
