#pragma once

#include <string>

#include "scheduler/cli/plan_arguments.h"
#include "scheduler/cli/zone_session.h"
#include "scheduler/plan/plan_policy.h"

namespace greentrain {

/// A plan with everything that explains it.
struct ExplainedPlan {
  Job job;
  PlanBasis basis;
  DecidedPlan decided;
  Outlook outlook;
  bool knows_power{true};  ///< False: the user named none, so grams mean nothing, only shares do.
};

/// A picture of the plan and what it saves, for people.
std::string plan_text(ZoneSession& session, const ExplainedPlan& plan,
                      const CommandContext& context);

/// The same for programs; docs/planning.md names the fields.
std::string plan_json(ZoneSession& session, const ExplainedPlan& plan);

/// The runs of a plan on one line: "02:00 to 04:30 and 11:00 to 14:30".
std::string runs_line(const Plan& plan, const std::vector<PlanSlot>& slots);

}  // namespace greentrain
