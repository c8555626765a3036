#pragma once

#include <optional>

#include "scheduler/govern/scheduler_options.h"
#include "scheduler/plan/plan_policy.h"

namespace greentrain {

/// The plan of a job that has been started and can only pause where it is: going on at once, unless
/// pauses that the state of the feed allows save more than `min_gain` of what is left to emit.
/// Empty only if no plan meets the deadline.
std::optional<DecidedPlan> plan_in_place(ExactPlanner& planner, const Job& job,
                                         const PlanBasis& basis, Fraction min_gain);

/// The grid of a plan over so much time: the configured slots, coarser if there were too many.
std::chrono::seconds slot_of(const SchedulerOptions& options, std::chrono::seconds ahead);

}  // namespace greentrain
