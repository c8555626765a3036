#include "scheduler/cli/restate_command.h"

#include <memory>
#include <ostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "core/error.h"
#include "core/file.h"
#include "core/format.h"
#include "scheduler/carbon/default_store.h"
#include "scheduler/govern/live_zone.h"
#include "scheduler/govern/run_account_file.h"

namespace greentrain {
namespace {

using namespace std::chrono_literals;

struct RestateArguments {
  std::filesystem::path run;
  FeedSettings feed;
  std::filesystem::path store;
};

/// What the feed says now of the hours of the run, and what the store has kept of it.
ZoneView view_of(const RestateArguments& arguments, const RunAccountFile& account, UtcTime now,
                 const CommandContext& context) {
  FeedSettings settings = arguments.feed;
  if (settings.file.empty()) settings.feed = account.signal.provider;
  std::filesystem::path file =
      arguments.store.empty() ? std::filesystem::path(account.store) : arguments.store;
  if (file.empty()) file = settings.file.empty() ? default_store(context.environment) : ":memory:";
  VintageStore store(file);
  settings.has_answered_before = store.has_answered(account.signal.provider);
  const UtcTime from = account.pieces.front().from, to = account.pieces.back().to;
  const auto history = std::chrono::ceil<std::chrono::hours>(now - from) + 1h;
  const auto feed = make_feed(settings, account.signal.zone, context.environment);
  const FeedAnswer answer = feed->fetch({account.signal.zone, now, history, 1h});
  store.append(answer.series);
  for (const FeedFault& fault : answer.faults) {
    context.err << fmt::format("greensched: warning: {}\n", to_string(fault));
  }
  ZoneView view;
  view.signal = account.signal;
  view.observed = store.observed(account.signal, from - 24h, to, now);
  view.expected = account.expected;
  return view;
}

std::string count_line(const char* name, const RunAccountFile::Entry& entry) {
  const RunCarbon& carbon = entry.carbon;
  std::string line = fmt::format("{:9}{} CO2e", name, format_grams(carbon.realised));
  if (carbon.saving) {
    line += fmt::format(
        ", {} if run at once; timing {}, energy {}", format_grams(carbon.saving->baseline),
        format_grams(carbon.saving->timing_effect), format_grams(carbon.saving->energy_effect));
  }
  if (carbon.uncounted.value > 0) {
    line += fmt::format("; {} not counted", format_joules(carbon.uncounted));
  }
  return line + fmt::format("; {} ({})\n",
                            carbon.settled ? "settled"
                            : carbon.provisional.value > 0
                                ? format_percent(carbon.provisional.value) + " with expected values"
                                : "may still be corrected",
                            format_utc(entry.at));
}

void restate(const RestateArguments& arguments, const CommandContext& context) {
  const auto file = arguments.run / "carbon.json";
  RunAccountFile account = RunAccountFile::from_json(file.string(), read_file(file));
  if (account.pieces.empty() || account.counts.empty()) {
    throw UsageError(fmt::format("{}: it holds no energy to count", file.string()));
  }
  const UtcTime now = std::chrono::floor<std::chrono::seconds>(SystemClock().date());
  const ZoneView view = view_of(arguments, account, now, context);
  const auto known = known_carbon(view, account.pieces.front().from, account.pieces.back().to, now);
  if (!known) throw Error(fmt::format("{}: nothing is known of its hours", account.signal.zone));
  account.counts.push_back({now, count_run(account.pieces, known->known, known->observed)});
  write_file_atomically(file, account.to_json());
  context.out << fmt::format("{}, {} to {}\n", to_string(account.signal),
                             format_utc(account.pieces.front().from),
                             format_utc(account.pieces.back().to));
  if (account.planned) context.out << fmt::format("Planned  {}\n", format_grams(*account.planned));
  context.out << count_line("First", account.counts.front())
              << count_line("Now", account.counts.back());
}

}  // namespace

void add_restate_command(CLI::App& program, const CommandContext& context) {
  CLI::App* command = program.add_subcommand(
      "restate", "Count the carbon of a training run again, once its feed's values have settled");
  auto arguments = std::make_shared<RestateArguments>();
  command->add_option("RUN", arguments->run, "Run directory, with carbon.json")->required();
  command->add_option("--carbon", arguments->feed.file, "Read the series from this file");
  command->add_option("--key-file", arguments->feed.key_file,
                      "Keys that are not in the environment");
  command->add_option("--store", arguments->store, "Where vintages are kept; default: as the run");
  command->callback([arguments, &context] { restate(*arguments, context); });
}

}  // namespace greentrain
