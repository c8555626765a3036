#include "scheduler/cli/carbon_command.h"

#include <memory>
#include <ostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/format.h"
#include "scheduler/carbon/feeds/series_file.h"
#include "scheduler/cli/carbon_text.h"
#include "scheduler/cli/zone_session.h"

namespace greentrain {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::ordered_json;

Json number(double value) { return std::round(value * 1000) / 1000; }

Json head_of(ZoneSession& session) {
  Json json{{"zone", session.zone().zone()},
            {"signal", to_string(session.signal())},
            {"state", enum_name(session.zone().state())},
            {"now", format_utc(session.now())}};
  for (const FeedFault& fault : session.faults()) json["faults"].push_back(to_string(fault));
  return json;
}

void show(const CarbonArguments& arguments, const CommandContext& context) {
  ZoneSession session(arguments, context);
  const CarbonSignal signal = session.signal();
  const UtcTime now = session.now();
  const auto observed = session.store().observed(signal, now - 24h, now + 1h, now);
  const auto outlook = session.zone().outlook();
  if (arguments.json) {
    Json json = head_of(session);
    for (const PublishedValue& value : observed) {
      json["observed"].push_back({{"time", format_utc(value.start)},
                                  {"step_s", value.step.count()},
                                  {"gco2_per_kwh", number(value.value.value)},
                                  {"method", enum_name(value.method)}});
    }
    if (outlook) json["expected"] = Json::parse(to_json(outlook->expected));
    context.out << json.dump(1) << "\n";
    return;
  }
  context.out << show_text(session, observed, outlook, context);
}

void forecast(const CarbonArguments& arguments, const CommandContext& context) {
  ZoneSession session(arguments, context);
  session.signal();
  const auto outlook = session.zone().outlook();
  if (!outlook) {
    throw Error(
        fmt::format("{}: no forecast: the provider gave none, and there is no value of the "
                    "last {} days to make one from",
                    arguments.zone, arguments.history_days));
  }
  if (!arguments.json) {
    context.out << forecast_text(session, *outlook, context);
    return;
  }
  Json json = head_of(session);
  json["local_model"] = outlook->local_model;
  json["step_s"] = outlook->expected.step().count();
  json["values"] = Json::array();
  for (std::size_t slot = 0; slot < outlook->expected.size(); ++slot) {
    const auto& value = outlook->expected.values()[slot];
    if (!value) continue;
    Json row{{"time", format_utc(outlook->expected.start_of(slot))},
             {"gco2_per_kwh", number(value->value)},
             {"source", enum_name(outlook->sources[slot])}};
    if (const auto& range = outlook->ranges[slot]) {
      row["low"] = number(range->low.value);
      row["high"] = number(range->high.value);
    }
    json["values"].push_back(row);
  }
  context.out << json.dump(1) << "\n";
}

void skill(const CarbonArguments& arguments, const CommandContext& context) {
  ZoneSession session(arguments, context);
  const CarbonSignal signal = session.signal();
  const SkillReport report = skill_report(session, signal, arguments.horizon_hours);
  if (!arguments.json) {
    context.out << skill_text(session, report);
    return;
  }
  Json json = head_of(session);
  json["models"] = Json::array();
  for (const ForecastSkill& one : report.models) {
    Json row{{"model", one.model},
             {"forecasts", one.forecasts},
             {"days", one.days},
             {"mean_absolute_error_gco2_per_kwh", number(one.mean_absolute_error.value)},
             {"bias_gco2_per_kwh", number(one.bias.value)},
             {"skill_over_persistence", number(one.skill_over_persistence)},
             {"skill_over_seasonal_naive", number(one.skill_over_seasonal_naive)},
             {"possible_saving_pct", number(100 * one.possible_saving.value)},
             {"realised_saving_pct", number(100 * one.realised_saving.value)},
             {"realised_at_least_pct", number(100 * one.realised_at_least.value)}};
    if (one.coverage) row["coverage_pct"] = number(100 * *one.coverage);
    json["models"].push_back(row);
  }
  context.out << json.dump(1) << "\n";
}

using Action = void (*)(const CarbonArguments&, const CommandContext&);

void add_action(CLI::App& group, const CommandContext& context, const std::string& name,
                const std::string& what, int history_days, Action action) {
  CLI::App* command = group.add_subcommand(name, what);
  auto arguments = std::make_shared<CarbonArguments>();
  arguments->history_days = history_days;
  add_carbon_options(*command, *arguments);
  command->add_option("--hours", arguments->horizon_hours, "How far ahead to look")
      ->check(CLI::Range(1, 240))
      ->capture_default_str();
  command->callback([arguments, &context, action] { action(*arguments, context); });
}

}  // namespace

void add_carbon_options(CLI::App& command, CarbonArguments& arguments,
                        const std::string& zone_option) {
  command
      .add_option(zone_option, arguments.zone, "Grid zone, such as DE, GB, GB-OX1 or CAISO_NORTH")
      ->required();
  command.add_option("--feed", arguments.feed.feed,
                     "electricitymaps, watttime, neso, energy-charts, file, command or static; "
                     "default: one without account for the zone");
  command.add_option("--carbon", arguments.feed.file, "Read the series from this CSV or JSON file");
  command.add_option("--carbon-command", arguments.feed.command,
                     "Read the series from what this command prints");
  command.add_option("--basis", arguments.basis, "Which column of a file")
      ->check(CLI::IsMember({"unstated", "direct", "lifecycle"}));
  command.add_option("--kind", arguments.kind, "Refuse any other kind of intensity")
      ->check(CLI::IsMember({"average", "marginal"}));
  command.add_option("--store", arguments.store,
                     "File that keeps what was retrieved; default: "
                     "~/.local/share/greentrain/carbon.sqlite");
  command.add_option("--key-file", arguments.feed.key_file,
                     "File with lines NAME=KEY, for keys that are not in the environment");
  command.add_option("--feed-url", arguments.feed.base_url, "Ask this address, such as a proxy");
  command.add_option("--now", arguments.now,
                     "Act as if it were this time, such as 2026-11-20T12:00Z");
  command
      .add_option("--history-days", arguments.history_days, "How much of the past to learn from")
      ->check(CLI::Range(1, 36500))
      ->capture_default_str();
  command.add_flag("--json", arguments.json, "Print JSON");
}

void add_carbon_command(CLI::App& program, const CommandContext& context) {
  CLI::App* group = program.add_subcommand("carbon",
                                           "What the grid emits, will emit, and how well "
                                           "that is known");
  group->require_subcommand(1);
  add_action(*group, context, "show", "The last day, what is expected, and the state of the feed",
             60, show);
  add_action(*group, context, "forecast", "What is expected, with its source and intervals", 60,
             forecast);
  add_action(*group, context, "skill", "How good the forecasts have been, tried on the past", 3650,
             skill);
}

}  // namespace greentrain
