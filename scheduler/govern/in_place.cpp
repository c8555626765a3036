#include "scheduler/govern/in_place.h"

#include <algorithm>

namespace greentrain {
namespace {

constexpr std::int64_t kMostSlots = 2000;

}  // namespace

std::optional<DecidedPlan> plan_in_place(ExactPlanner& planner, const Job& job,
                                         const PlanBasis& basis, Fraction min_gain) {
  auto decided = decide_plan(planner, job, basis, {});
  if (!decided) return std::nullopt;
  const bool enough = decided->plan.cost < decided->at_once.cost * (1 - min_gain.value);
  if (!enough && decided->at_once.complete()) {
    if (decided->reason == PlanReason::Delayed) decided->reason = PlanReason::GainTooSmall;
    decided->plan = decided->at_once;
  }
  return decided;
}

std::chrono::seconds slot_of(const SchedulerOptions& options, std::chrono::seconds ahead) {
  using std::chrono::seconds;
  const seconds slot = std::max(seconds{1}, std::chrono::duration_cast<seconds>(options.slot));
  return slot * (std::max(ahead, seconds{0}) / slot / kMostSlots + 1);
}

}  // namespace greentrain
