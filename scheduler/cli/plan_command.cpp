#include "scheduler/cli/plan_command.h"

#include <algorithm>
#include <memory>
#include <ostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "scheduler/cli/plan_arguments.h"
#include "scheduler/cli/plan_text.h"

namespace greentrain {
namespace {

/// Fine enough for a gap of about 0.01 %; milliseconds for one job.
constexpr GridSize kGrid{1024, 8192, 65536};

void plan(PlanArguments arguments, bool may_pause, const CommandContext& context) {
  const UtcTime now = now_of(arguments.carbon);
  const Job job = make_job(arguments, now);
  const auto hours = std::chrono::ceil<std::chrono::hours>(job.deadline - now).count() + 1;
  arguments.carbon.horizon_hours = static_cast<int>(std::min<std::int64_t>(hours, 240));
  ZoneSession session(arguments.carbon, context);
  session.signal();
  const auto outlook = session.zone().outlook();
  if (!outlook) {
    throw Error(fmt::format(
        "{}: nothing is expected of this zone: feed {} gave no forecast and no "
        "value of the last {} days; name another feed with --feed, or a file "
        "with --carbon",
        arguments.carbon.zone, session.zone().provider(), arguments.carbon.history_days));
  }
  PlanBasis basis =
      make_basis(job, *outlook, session.zone().state(), now, slot_of(arguments, job, now));
  ExactPlanner planner(kGrid);
  const auto decided = decide_plan(planner, job, basis, policy_of(arguments, may_pause));
  if (!decided) {  // check_job() has seen that the deadline can be met.
    throw Error("no plan meets the deadline");
  }
  const ExplainedPlan explained{job, std::move(basis), *decided, *outlook, knows_power(arguments)};
  context.out << (arguments.carbon.json ? plan_json(session, explained)
                                        : plan_text(session, explained, context));
}

}  // namespace

void add_plan_command(CLI::App& program, const CommandContext& context) {
  CLI::App* command = program.add_subcommand(
      "plan", "When and how hard a job should run to emit least by its deadline");
  auto arguments = std::make_shared<PlanArguments>();
  auto no_pause = std::make_shared<bool>(false);
  add_plan_options(*command, *arguments);
  command->add_flag("--no-pause", *no_pause, "Run in one piece");
  command->callback([arguments, no_pause, &context] { plan(*arguments, !*no_pause, context); });
}

}  // namespace greentrain
