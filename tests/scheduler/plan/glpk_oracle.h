#pragma once

#include <optional>
#include <vector>

#include "scheduler/plan/plan.h"

namespace greentrain {

/// The least cost of a job as an integer program, solved by GLPK: binary variables for each (slot,
/// level), for starts and for the slot in which the work ends, continuous ones for the time used of
/// that one. Written without the planner's code, so that the two check each other. The start-up
/// must fit into each slot, and all levels have the same nodes. Empty if there is no plan.
std::optional<double> least_cost(const Job& job, const std::vector<PlanSlot>& slots);

}  // namespace greentrain
