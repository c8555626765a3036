#pragma once

#include <optional>
#include <vector>

#include "scheduler/plan/plan.h"

namespace greentrain {

/// Makes levels that were planned on a grid exact: raises or lowers a level, or adds a slot at the
/// end, as long as work is missing or that lowers the cost. Starts and pauses stay. Empty if the
/// work cannot be done so.
std::optional<Plan> polish(const Job& job, const std::vector<PlanSlot>& slots, SlotLevels levels);

/// The same plan moved to the earliest slots in which it costs as much, or of a job that runs its
/// resumption and what follows: of equal plans the first to
/// start wins, and what a grid rounds away decides nothing.
Plan start_earliest(const Job& job, const std::vector<PlanSlot>& slots, Plan plan);

/// Runs at the highest level that is free in every slot from the first one on in which a start
/// fits; the plan that ends earliest on these slots. Empty if even that does not do the work.
std::optional<Plan> as_fast_as_possible(const Job& job, const std::vector<PlanSlot>& slots);

}  // namespace greentrain
