#pragma once

#include <optional>
#include <vector>

#include "scheduler/plan/plan_policy.h"

namespace greentrain {

/// A plan that is being followed, with the slots it was made for.
struct ActivePlan {
  Plan plan;
  std::vector<PlanSlot> slots;
};

struct ReplanSettings {
  /// A new plan takes over only if it saves this part of what the old one still emits: forecasts
  /// change every hour, and a plan that follows each change gains nothing and loses restarts.
  Fraction hysteresis{0.03};
};

/// The same decisions on other slots; times before or after the old ones are off.
SlotLevels carry_over(const ActivePlan& old, const std::vector<PlanSlot>& slots);

/// Why the plan was or was not changed.
enum class ReplanReason { Kept, Cheaper, OldPlanFails };
template <>
inline constexpr auto enum_names<ReplanReason> = std::array<std::string_view, 3>{
    "the plan stays", "a new plan emits less", "the old plan would miss the deadline"};

struct Replan {
  ReplanReason reason{ReplanReason::Kept};
  Plan plan;        ///< On the new slots.
  double old_cost;  ///< Of going on as planned; infinite if that misses the deadline.
};

/// Looks at the rest of a job again: `job` holds what is left of its work and whether it runs now,
/// as measured, so that drift in speed or power counts. The old plan stays unless it fails or the
/// new one saves more than the hysteresis. Empty if no plan meets the deadline any more.
std::optional<Replan> replan(ExactPlanner& planner, const Job& job, const ActivePlan& old,
                             const PlanBasis& basis, const PolicySettings& policy,
                             const ReplanSettings& settings);

}  // namespace greentrain
