#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <vector>

#include "core/config/enum_names.h"
#include "scheduler/carbon/forecast/delay_rule.h"
#include "scheduler/carbon/forecast/outlook.h"
#include "scheduler/plan/exact_planner.h"

namespace greentrain {

/// What a plan is based on.
struct PlanBasis {
  std::vector<PlanSlot> slots;
  FeedState state{FeedState::Blind};
  std::optional<UtcTime> provider_end;  ///< Up to where the provider's forecast reaches.
  std::optional<ForecastSkill> skill;   ///< Of the local forecast.
};

/// The slots of a job from `now` (or its release) to its planned deadline, with what is expected.
PlanBasis make_basis(const Job& job, const Outlook& outlook, FeedState state, UtcTime now,
                     std::chrono::seconds step);

struct PolicySettings {
  bool may_pause{true};
  DelayMinimum minimum{};
  /// A start past the end of the provider's forecast must save this much more, as a part of what
  /// the best start before it emits: the last hours of a forecast are often its cheapest.
  Fraction edge_margin{0.05};
};

/// Why a plan starts when it does.
enum class PlanReason { AtOnceIsBest, Delayed, GainTooSmall, TooFewDays, NoSkill, Late };
template <>
inline constexpr auto enum_names<PlanReason> = std::array<std::string_view, 6>{
    "starting at once is best",
    "the expected gain is worth the wait",
    "starts at once: the expected gain of waiting is below the minimum",
    "starts at once: too few days of history to measure the skill of the forecast",
    "starts at once: timing by this forecast has saved nothing so far",
    "starts at once: the deadline leaves no choice"};

/// A plan with what it was chosen against. All are counted with the same intensities.
struct DecidedPlan {
  Plan plan;
  PlanReason reason{PlanReason::AtOnceIsBest};
  Plan run_now;     ///< At once at full power: the baseline.
  Plan at_once;     ///< At once, levels chosen, without a pause.
  double bound{0};  ///< No plan of this job on these intensities costs less, in grams.
};

/// The best plan that the state of the feed allows: plan_rights() says which delays and pauses it
/// may contain, `settings` what they must gain. A job that runs or was paused already may go on as
/// before. Deadlines outrank carbon: empty only if no plan meets the deadline.
std::optional<DecidedPlan> decide_plan(ExactPlanner& planner, const Job& job,
                                       const PlanBasis& basis, const PolicySettings& settings);

}  // namespace greentrain
