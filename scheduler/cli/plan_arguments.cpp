#include "scheduler/cli/plan_arguments.h"

#include <algorithm>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "core/config/value_text.h"
#include "core/file.h"
#include "scheduler/cli/local_time.h"
#include "scheduler/plan/levels.h"
#include "scheduler/plan/plan_files.h"

namespace greentrain {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kMostSlots = 2000;
constexpr Watts kSomePower{1000};  ///< Savings in percent do not depend on it.

template <class Value>
constexpr ValueKind kKind = ValueKind::Duration;
template <>
constexpr ValueKind kKind<Joules> = ValueKind::Energy;
template <>
constexpr ValueKind kKind<Watts> = ValueKind::Power;
template <>
constexpr ValueKind kKind<Fraction> = ValueKind::Share;

Watts power_of(const PlanArguments& arguments, Seconds duration) {
  if (!arguments.energy.empty() && !arguments.power.empty()) {
    throw UsageError("--energy and --power are both given; one follows from the other, give one");
  }
  if (!arguments.power.empty()) return option_value<Watts>("--power", arguments.power);
  if (arguments.energy.empty()) return kSomePower;
  return option_value<Joules>("--energy", arguments.energy) / duration;
}

std::vector<Level> levels_of(const PlanArguments& arguments, Watts power) {
  if (arguments.caps.empty()) return {{"full power", 1, power, power, 1}};
  const auto curve = arguments.caps == "assumed"
                         ? assumed_cap_curve()
                         : parse_cap_curve(arguments.caps, read_file(arguments.caps));
  std::vector<Level> levels = cap_levels(curve, power);
  const Level full{"full power", 1, power, power, 1};
  const auto is_full = [](const Level& level) { return level.speed >= 1; };
  if (std::none_of(levels.begin(), levels.end(), is_full)) levels.insert(levels.begin(), full);
  return efficient_levels(levels);
}

UtcTime deadline_of(const PlanArguments& arguments, UtcTime now) {
  const UtcTime deadline = parse_moment("--deadline", arguments.deadline, now);
  if (deadline <= now) {
    throw UsageError(
        fmt::format("--deadline {} has passed, it is {}", format_utc(deadline), format_utc(now)));
  }
  return deadline;
}

}  // namespace

template <class Value>
Value option_value(const std::string& option, const std::string& text) {
  Value value{};
  if (parse_value(text, value)) {
    const ValueSyntax& syntax = value_syntax(kKind<Value>);
    throw UsageError(fmt::format("{} \"{}\": expected {} such as {} (units: {})", option, text,
                                 syntax.name, syntax.example, unit_names(kKind<Value>)));
  }
  return value;
}
template Watts option_value<Watts>(const std::string&, const std::string&);
template Joules option_value<Joules>(const std::string&, const std::string&);
template Fraction option_value<Fraction>(const std::string&, const std::string&);
template std::chrono::milliseconds option_value<std::chrono::milliseconds>(const std::string&,
                                                                           const std::string&);

void add_plan_options(CLI::App& command, PlanArguments& arguments) {
  command
      .add_option("--deadline", arguments.deadline,
                  "By when it must be done: 18:00 (local, its next occurrence), \"2026-12-01 "
                  "18:00\", or 2026-12-01T18:00Z")
      ->required();
  command.add_option("--duration", arguments.duration, "How long it takes at full power: 6h")
      ->required();
  command.add_option("--longest", arguments.longest,
                     "What it may take at most; the deadline is kept up to this");
  command.add_option("--energy", arguments.energy, "What it draws in that time: 40kWh");
  command.add_option("--power", arguments.power, "Or its power while it runs: 6.7kW");
  command
      .add_option("--startup", arguments.startup,
                  "Time of each start without progress, at full power")
      ->capture_default_str();
  command.add_option("--checkpoint", arguments.checkpoint, "Time to save before each pause")
      ->capture_default_str();
  command.add_option("--paused-power", arguments.paused_power, "What it draws while paused")
      ->capture_default_str();
  command.add_option("--caps", arguments.caps,
                     "Plan power caps too: a CSV file with cap,speed,power as shares of full "
                     "power, or \"assumed\" for a typical curve");
  command.add_option("--slot", arguments.slot, "Grid of starts and pauses")->capture_default_str();
  command.add_option("--min-gain", arguments.min_gain, "Saving below which nothing waits")
      ->capture_default_str();
  add_carbon_options(command, arguments.carbon, "--zone");
}

UtcTime now_of(const CarbonArguments& arguments) {
  const auto today = std::chrono::floor<std::chrono::seconds>(SystemClock().date());
  return arguments.now.empty() ? today : parse_moment("--now", arguments.now, today);
}

Job make_job(const PlanArguments& arguments, UtcTime now) {
  using Milliseconds = std::chrono::milliseconds;
  Job job;
  job.id = "of the command line";
  job.release = now;
  job.deadline = deadline_of(arguments, now);
  job.work = option_value<Milliseconds>("--duration", arguments.duration);
  if (!arguments.longest.empty()) {
    job.work_at_most = option_value<Milliseconds>("--longest", arguments.longest);
  }
  job.startup = option_value<Milliseconds>("--startup", arguments.startup);
  job.checkpoint = option_value<Milliseconds>("--checkpoint", arguments.checkpoint);
  job.paused_power = option_value<Watts>("--paused-power", arguments.paused_power);
  if (job.work.count() <= 0) throw UsageError("--duration is 0, expected more");
  job.levels = levels_of(arguments, power_of(arguments, job.work));
  check_job(job, now);
  return job;
}

std::chrono::seconds slot_of(const PlanArguments& arguments, const Job& job, UtcTime now) {
  const auto slot = std::chrono::duration_cast<std::chrono::seconds>(
      option_value<std::chrono::milliseconds>("--slot", arguments.slot));
  if (slot < 1min || slot > 24h) {
    throw UsageError(fmt::format("--slot {}: expected 1min to 24h", arguments.slot));
  }
  // A plan over weeks has a coarser grid.
  return slot * ((job.deadline - now) / slot / kMostSlots + 1);
}

PolicySettings policy_of(const PlanArguments& arguments, bool may_pause) {
  PolicySettings settings;
  settings.may_pause = may_pause;
  settings.minimum.share = option_value<Fraction>("--min-gain", arguments.min_gain);
  return settings;
}

}  // namespace greentrain
