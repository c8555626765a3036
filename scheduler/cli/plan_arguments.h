#pragma once

#include <filesystem>
#include <string>

#include "scheduler/cli/carbon_command.h"
#include "scheduler/plan/job.h"
#include "scheduler/plan/plan_policy.h"

namespace greentrain {

/// What the user said about a job; shared by `plan` and `run`. Values carry their unit.
struct PlanArguments {
  CarbonArguments carbon;
  std::string deadline;
  std::string duration;
  std::string longest;
  std::string energy;
  std::string power;
  std::string startup{"0s"};
  std::string checkpoint{"0s"};
  std::string paused_power{"0W"};
  std::string caps;  ///< A CSV file, or "assumed".
  std::string slot{"15min"};
  std::string min_gain{"2%"};
};

/// Adds --zone, --deadline and the rest, and the options about the feed.
void add_plan_options(CLI::App& command, PlanArguments& arguments);

/// Reads a value with its unit, such as `6h` or `40kWh`. Throws UsageError that names the option.
template <class Value>
Value option_value(const std::string& option, const std::string& text);

/// The time of --now, else the machine's.
UtcTime now_of(const CarbonArguments& arguments);

/// Whether --energy or --power says what the job draws; without, only shares are known.
inline bool knows_power(const PlanArguments& arguments) {
  return !arguments.energy.empty() || !arguments.power.empty();
}

/// The job as described, released at `now`; its power is energy over duration, or given. Throws
/// UsageError if something is missing, contradicts itself, or cannot be done by the deadline.
Job make_job(const PlanArguments& arguments, UtcTime now);

std::chrono::seconds slot_of(const PlanArguments& arguments, const Job& job, UtcTime now);
PolicySettings policy_of(const PlanArguments& arguments, bool may_pause);

}  // namespace greentrain
