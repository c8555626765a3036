#pragma once

#include <nlohmann/json_fwd.hpp>

#include "scheduler/govern/plan_outcome.h"

namespace greentrain {

/// The object `plan` of report.json.
nlohmann::json to_json(const PlanOutcome& outcome);

/// Throws Error saying what is wrong.
PlanOutcome plan_outcome_from_json(const nlohmann::json& json);

}  // namespace greentrain
