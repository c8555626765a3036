#include "scheduler/plan/replan.h"

#include <algorithm>
#include <limits>

namespace greentrain {

SlotLevels carry_over(const ActivePlan& old, const std::vector<PlanSlot>& slots) {
  SlotLevels levels;
  auto at = old.slots.begin();
  for (const PlanSlot& slot : slots) {
    while (at != old.slots.end() && at->end() <= slot.start) ++at;
    const bool inside = at != old.slots.end() && at->start <= slot.start;
    const auto index = static_cast<std::size_t>(at - old.slots.begin());
    levels.push_back(inside ? old.plan.levels[index] : kOff);
  }
  return levels;
}

std::optional<Replan> replan(ExactPlanner& planner, const Job& job, const ActivePlan& old,
                             const PlanBasis& basis, const PolicySettings& policy,
                             const ReplanSettings& settings) {
  const auto decided = decide_plan(planner, job, basis, policy);
  if (!decided) return std::nullopt;
  Plan kept = follow(job, basis.slots, carry_over(old, basis.slots));
  if (!kept.complete()) {
    return Replan{ReplanReason::OldPlanFails, decided->plan,
                  std::numeric_limits<double>::infinity()};
  }
  const double old_cost = kept.cost;
  if (decided->plan.cost < old_cost * (1 - settings.hysteresis.value)) {
    return Replan{ReplanReason::Cheaper, decided->plan, old_cost};
  }
  return Replan{ReplanReason::Kept, std::move(kept), old_cost};
}

}  // namespace greentrain
