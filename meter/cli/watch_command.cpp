#include <algorithm>
#include <ostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "core/format.h"
#include "meter/cli/command_context.h"
#include "meter/energy_meter.h"

namespace greentrain {
namespace {

struct WatchArguments {
  MeterOptions meter;
  int count{0};
};

/// One line a sensor: its power in this window, and its energy in it.
std::string table(const EnergyReport& report, Seconds since_start, Seconds window) {
  std::string text = fmt::format("{:<44} {:>10} {:>24}\n", "after " + format_duration(since_start),
                                 "power", "energy since the last");
  for (const EnergyComponent& part : report.components) {
    const bool measured = part.energy.quality != Quality::Unmeasured && window > Seconds(0);
    text += fmt::format("{:<44} {:>10} {:>24}\n", part.sensor,
                        measured ? format_watts(part.energy.joules / window) : "lost",
                        measured ? format_interval(part.energy.lo, part.energy.hi) : "unmeasured");
  }
  return text;
}

void watch(const WatchArguments& arguments, const CommandContext& context) {
  PhaseTimer phases(context.clock);
  EnergyMeter meter(make_sensors(arguments.meter, context.clock, machine_tree(context.environment)),
                    arguments.meter, phases, context.clock);
  meter.start();
  const Clock::Instant start = context.clock.now();
  for (int round = 1; arguments.count == 0 || round <= arguments.count; ++round) {
    const Clock::Instant begun = context.clock.now();
    const WindowId window = meter.begin();
    if (!wait_or_signal(context.signals, arguments.meter.period)) break;
    const EnergyReport part = meter.end(window);
    const Clock::Instant now = context.clock.now();
    const std::string text = table(part, now - start, now - begun);
    if (context.terminal.interactive && round > 1) {
      // Back to the first line of the table before.
      context.out << "\x1b[" << std::count(text.begin(), text.end(), '\n') << "A";
    }
    context.out << text << std::flush;
  }
}

}  // namespace

void add_watch_command(CLI::App& program, const CommandContext& context) {
  auto arguments = std::make_shared<WatchArguments>();
  CLI::App* command =
      program.add_subcommand("watch", "Shows the power of each sensor, once a period");
  add_meter_options(*command, arguments->meter);
  command->add_option("--count", arguments->count, "Ends after N tables")
      ->check(CLI::NonNegativeNumber);
  command->callback([arguments, context] { watch(*arguments, context); });
}

}  // namespace greentrain
