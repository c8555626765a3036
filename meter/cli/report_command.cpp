#include <algorithm>
#include <ostream>

#include <CLI/CLI.hpp>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/format.h"
#include "meter/cli/command_context.h"
#include "meter/journal/run_energy.h"

namespace greentrain {
namespace {

struct ReportArguments {
  std::string journal;
  std::size_t last{20};
  bool json{false};
};

std::string utc(double seconds) {
  return fmt::format("{:%Y-%m-%d %H:%M:%S}", fmt::gmtime(static_cast<std::time_t>(seconds)));
}

/// Whether a segment without an end may still be running: its next record is not overdue.
bool may_run(const SegmentHistory& history, double now) {
  const double since = history.last ? history.last->written_at : history.segment.started_at;
  return now >= since && now - since < 2 * history.segment.period.count();
}

std::string ending(const SegmentHistory& history, double now) {
  if (!lost_tail(history, std::nullopt)) return "ended";
  return may_run(history, now) ? "running" : "cut off";
}

TimedReport figures(const SegmentHistory& history, double now) {
  // Of one that runs, what it drew so far; of one that was cut off, all it may have drawn.
  return with_tail(history,
                   may_run(history, now) ? std::nullopt : lost_tail(history, std::nullopt));
}

std::string line(const SegmentHistory& history, double now) {
  const TimedReport part = figures(history, now);
  const Energy& total = part.report.total;
  const std::string energy = total.quality == Quality::Unmeasured
                                 ? "unmeasured"
                                 : fmt::format("{} ({})", format_joules(total.joules),
                                               format_interval(total.lo, total.hi));
  return fmt::format("{}  {:<8} {:>8}  {:<34} {}\n", utc(history.segment.started_at),
                     ending(history, now), format_duration(part.time), energy,
                     history.segment.label);
}

nlohmann::json to_json(const SegmentHistory& history, double now) {
  const TimedReport part = figures(history, now);
  return {{"segment", history.segment.id},
          {"node", history.segment.node},
          {"label", history.segment.label},
          {"started_at", history.segment.started_at},
          {"ending", ending(history, now)},
          {"time_s", part.time.count()},
          {"energy", greentrain::to_json(part.report)}};
}

/// Of all machines that share the folder.
std::vector<SegmentHistory> read_segments(const ReportArguments& arguments,
                                          const CommandContext& context) {
  std::filesystem::path folder = arguments.journal;
  if (folder.empty()) folder = journal_folder(context.environment).value_or("");
  std::error_code none;
  if (!std::filesystem::is_directory(folder, none)) {
    throw UsageError(
        (folder.empty() ? std::string("no journal") : folder.string() + ": no journal") +
        " yet; greenmeter run writes one for commands that take longer than " +
        format_duration(MeterOptions{}.journal_period));
  }
  std::vector<std::string> problems;
  auto segments = read_journals(folder, problems, machine_tree(context.environment).proc);
  for (const std::string& problem : problems) context.err << "greenmeter: " << problem << "\n";
  if (segments.size() > arguments.last) {
    segments.erase(segments.begin(), segments.end() - static_cast<std::ptrdiff_t>(arguments.last));
  }
  return segments;
}

void report(const ReportArguments& arguments, const CommandContext& context) {
  const double now = Seconds(context.clock.date().time_since_epoch()).count();
  nlohmann::json list = nlohmann::json::array();
  for (const SegmentHistory& history : read_segments(arguments, context)) {
    arguments.json ? list.push_back(to_json(history, now))
                   : static_cast<void>(context.out << line(history, now));
  }
  if (arguments.json) context.out << list.dump(2) << "\n";
}

}  // namespace

void add_report_command(CLI::App& program, const CommandContext& context) {
  auto arguments = std::make_shared<ReportArguments>();
  CLI::App* command = program.add_subcommand(
      "report", "Lists what metered commands drew, those that were killed included");
  command->add_option("--journal", arguments->journal,
                      "Another folder of journals than one's own, such as a run's energy/");
  command->add_option("--last", arguments->last, "So many, the latest")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  command->add_flag("--json", arguments->json, "Prints JSON");
  command->callback([arguments, context] { report(*arguments, context); });
}

}  // namespace greentrain
