#include <ostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "core/error.h"
#include "core/format.h"
#include "meter/calibration.h"
#include "meter/cli/command_context.h"
#include "meter/energy_meter.h"

namespace greentrain {
namespace {

struct CalibrateArguments {
  MeterOptions meter;
  double seconds{30};
  double wall_watts{0};
};

void calibrate(const CalibrateArguments& arguments, const CommandContext& context) {
  const auto file = calibration_file(context.environment);
  if (!file) {
    throw UsageError("HOME and XDG_STATE_HOME are not set: there is no place for the calibration");
  }
  PhaseTimer phases(context.clock);
  SensorSet sensors =
      make_sensors(arguments.meter, context.clock, machine_tree(context.environment));
  const std::string node = sensors.node;
  Calibration calibration = load_calibration(*file, node).value_or(Calibration{});
  EnergyMeter meter(std::move(sensors), arguments.meter, phases, context.clock);
  meter.start();
  const Clock::Instant start = context.clock.now();
  if (!wait_or_signal(context.signals, Seconds(arguments.seconds))) {
    throw Error("calibration was stopped; nothing was changed");
  }
  const EnergyReport report = meter.stop();
  const Seconds time = context.clock.now() - start;
  if (report.total.quality == Quality::Unmeasured) {
    throw Error("no sensor delivered anything to calibrate; see greenmeter doctor");
  }
  calibration.date = utc_now(context.clock);
  const Watts mean = report.total.joules / time;
  if (arguments.wall_watts > 0) {
    calibration.wall_ratio = arguments.wall_watts / mean.value;
    context.out << fmt::format("sensors {}, at the plug {}: ratio {:.3f}\n", format_watts(mean),
                               format_watts(Watts{arguments.wall_watts}), *calibration.wall_ratio);
  } else {
    calibration.idle = mean_power(report, time);
    for (const auto& [sensor, power] : calibration.idle) {
      context.out << fmt::format("{:<34} {} ({} to {})\n", sensor, format_watts(power.watts),
                                 format_watts(power.lo), format_watts(power.hi));
    }
  }
  save_calibration(*file, node, calibration);
  context.out << "kept for " << node << " in " << file->string() << "\n";
}

}  // namespace

void add_calibrate_command(CLI::App& program, const CommandContext& context) {
  auto arguments = std::make_shared<CalibrateArguments>();
  CLI::App* command = program.add_subcommand(
      "calibrate", "Finds the power of this machine at rest, for `above idle` in reports");
  add_meter_options(*command, arguments->meter);
  command->add_option("--time", arguments->seconds, "Seconds to measure; leave the machine alone")
      ->check(CLI::Range(0.1, 86400.0))
      ->capture_default_str();
  command
      ->add_option("--wall", arguments->wall_watts,
                   "Watts that a meter at the plug shows meanwhile, under any steady load")
      ->check(CLI::PositiveNumber);
  command->callback([arguments, context] { calibrate(*arguments, context); });
}

}  // namespace greentrain
