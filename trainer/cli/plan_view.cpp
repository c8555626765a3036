#include "trainer/cli/plan_view.h"

#include <algorithm>
#include <iostream>

#include <fmt/format.h>

#include "core/error.h"
#include "core/format.h"
#include "scheduler/cli/plan_text.h"
#include "scheduler/cli/zone_session.h"
#include "scheduler/govern/governed_run.h"
#include "scheduler/govern/in_place.h"
#include "trainer/cli/measured_run.h"
#include "trainer/cli/run_data.h"
#include "trainer/data/epoch_planner.h"
#include "trainer/data/read_dataset.h"

namespace greentrain {
namespace {

using namespace std::chrono_literals;

constexpr GridSize kGrid{1024, 8192, 65536};
constexpr Watts kSomePower{1000};  ///< Where none is known: shares do not depend on it.

/// How long the run takes, and how that is known.
struct Length {
  Seconds time{0};
  std::optional<Watts> power{};
  std::string source;
};

std::int64_t planned_steps(const Config& config) {
  const auto data = read_dataset(config.data);
  const Split split = make_split(config, *data);
  const EpochPlanner planner(split.train, data->labels(), config.data.pruning,
                             config.train.batch_size, config.train.epochs,
                             static_cast<std::uint64_t>(config.run.seed));
  const std::int64_t steps = planner.plan(0)->steps() * config.train.epochs;
  return config.train.max_steps > 0 ? std::min(steps, config.train.max_steps) : steps;
}

Length length_of(const LoadedConfig& loaded) {
  const SchedulerOptions& options = loaded.config.scheduler;
  const auto run = newest_run_like(loaded);
  if (options.duration) {
    return {*options.duration, run ? run->power : std::nullopt, "as scheduler.duration says"};
  }
  if (!run) {
    throw UsageError(
        "Nothing tells how long this run takes: no run of the same model and data was found in "
        "runs/. Set scheduler.duration, or train for a moment with train.max_steps=50 and plan "
        "again.");
  }
  const std::int64_t steps = planned_steps(loaded.config);
  return {run->per_step * static_cast<double>(steps), run->power,
          fmt::format("{} steps of {}, as measured in {} on {} rank{}", steps,
                      format_duration(run->per_step), run->directory.string(), run->ranks,
                      run->ranks == 1 ? "" : "s")};
}

Job job_of(const SchedulerOptions& options, const Length& length, UtcTime now) {
  const Watts power = length.power.value_or(kSomePower);
  Job job;
  job.id = "of this config";
  job.release = now;
  job.work = length.time;
  job.work_at_most = length.time * (1 + options.margin.value);
  const auto deadline = deadline_of(options, now);
  job.deadline = deadline ? *deadline
                          : now + std::chrono::ceil<std::chrono::seconds>(
                                      *job.work_at_most + Seconds{options.slack.value_or(0ms)});
  job.levels = {{"full power", 1, power, power, 1}};
  job.paused_power = std::min(power, options.paused_power.value_or(Watts{}));
  job.running_nodes = 1;  // It waits in place, in a pause.
  check_job(job, now);
  return job;
}

CarbonArguments carbon_arguments(const SchedulerOptions& options, const Job& job, UtcTime now) {
  CarbonArguments arguments;
  arguments.zone = options.zone;
  arguments.feed.feed = options.feed;
  arguments.feed.file = options.file;
  arguments.store = options.store;
  const auto hours = std::chrono::ceil<std::chrono::hours>(job.deadline - now).count() + 1;
  arguments.horizon_hours = static_cast<int>(std::clamp<std::int64_t>(hours, 2, 240));
  return arguments;
}

}  // namespace

void print_plan(const LoadedConfig& loaded, const Environment& environment,
                const Terminal& terminal, bool json) {
  const SchedulerOptions& options = loaded.config.scheduler;
  if (!options.enabled()) {
    throw UsageError(
        "scheduler.zone is empty, so this run follows no plan; give it a zone and a deadline, such "
        "as scheduler.zone=DE scheduler.deadline=18:00");
  }
  const CommandContext context{environment, std::cout, std::cerr, terminal};
  const UtcTime now = std::chrono::floor<std::chrono::seconds>(SystemClock().date());
  const Length length = length_of(loaded);
  const Job job = job_of(options, length, now);
  ZoneSession session(carbon_arguments(options, job, now), context);
  session.signal();  // Says what is wrong if nothing is known.
  const auto outlook = session.zone().outlook();
  if (!outlook) throw Error(fmt::format("{}: nothing is expected of this zone", options.zone));
  PlanBasis basis =
      make_basis(job, *outlook, session.zone().state(), now, slot_of(options, job.deadline - now));
  ExactPlanner planner(kGrid);
  const auto decided = plan_in_place(planner, job, basis, options.min_gain);
  if (!decided) throw Error("no plan meets the deadline");  // check_job() has seen that one does.
  const ExplainedPlan explained{job, std::move(basis), *decided, *outlook,
                                length.power.has_value()};
  std::cout << (json ? plan_json(session, explained)
                     : fmt::format("Length   {}, {}\n", format_duration(length.time),
                                   length.source) +
                           plan_text(session, explained, context))
            << std::flush;
}

}  // namespace greentrain
