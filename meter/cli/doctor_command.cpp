#include <ostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "core/format.h"
#include "meter/cli/command_context.h"

namespace greentrain {
namespace {

void list(std::ostream& out, const char* title, const std::vector<std::string>& items) {
  if (items.empty()) return;
  out << title << "\n";
  for (const std::string& item : items) out << "  " << item << "\n";
}

std::string joined(const std::vector<std::string>& words) {
  return fmt::format("{}", fmt::join(words, ", "));
}

void describe(std::ostream& out, EnergySensor& sensor) {
  const SensorInfo& info = sensor.info();
  const bool works = sensor.read().status == ReadStatus::Ok;
  out << fmt::format("  {:<28} {}{}\n", info.id, to_string(info.quality),
                     works ? "" : ", but this reading was lost");
  out << fmt::format("  {:<28} contains {}\n", "", joined(info.contains));
  out << fmt::format("  {:<28} {}\n", "", info.source);
  if (info.quality != Quality::Estimated) {
    out << fmt::format("  {:<28} accuracy {} (assumed), updated every {}, at most {}\n", "",
                       format_percent(info.accuracy), format_duration(info.update_period),
                       format_watts(info.max_power));
  }
}

void examine(const MeterOptions& options, const CommandContext& context) {
  const SensorSet set = make_sensors(options, context.clock, machine_tree(context.environment));
  context.out << "Node " << set.node << "\n";
  for (const bool estimated : {false, true}) {
    bool titled = false;
    for (const auto& sensor : set.sensors) {
      if ((sensor->info().quality == Quality::Estimated) != estimated) continue;
      if (!titled) context.out << (estimated ? "Estimated\n" : "Measured\n");
      titled = true;
      describe(context.out, *sensor);
    }
  }
  if (set.sensors.empty()) context.out << "Measured: nothing\n";
  list(context.out, "Missing from every figure", set.excludes);
  list(context.out, "Left out, as it is measured already", set.left_out);
  list(context.out, "Why, and what to do", set.notes);
  list(context.out, "Not on this machine", set.absent);
}

}  // namespace

void add_doctor_command(CLI::App& program, const CommandContext& context) {
  auto options = std::make_shared<MeterOptions>();
  CLI::App* command = program.add_subcommand(
      "doctor", "Says what is measured, estimated and missing here, why, and how to mend it");
  add_meter_options(*command, *options);
  command->callback([options, context] { examine(*options, context); });
}

}  // namespace greentrain
