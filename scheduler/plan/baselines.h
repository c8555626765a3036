#pragma once

#include <optional>
#include <vector>

#include "scheduler/plan/plan.h"

namespace greentrain {

// What plans are compared with: simple policies with the same knowledge, the same start-up and the
// same deadline. Each is empty if it cannot do the work in the slots.

/// At once and at full power: what happens without a planner, and the base of every saving.
std::optional<Plan> run_now(const Job& job, const std::vector<PlanSlot>& slots);

/// One run without a pause at full power, started when that is cheapest.
std::optional<Plan> best_window(const Job& job, const std::vector<PlanSlot>& slots);

/// The cheapest slots at full power, as many as the work and the start-ups need (Wiesner et al.,
/// "Let's Wait Awhile", Middleware 2021, section 4.2, "interrupting").
std::optional<Plan> wait_awhile(const Job& job, const std::vector<PlanSlot>& slots);

/// At once, at the one level that is cheapest.
std::optional<Plan> best_static_level(const Job& job, const std::vector<PlanSlot>& slots);

/// One run without a pause at one level, the best of all starts and levels.
std::optional<Plan> best_window_and_level(const Job& job, const std::vector<PlanSlot>& slots);

}  // namespace greentrain
