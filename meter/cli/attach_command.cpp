#include <fcntl.h>
#include <ostream>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/file.h"
#include "meter/cli/command_context.h"
#include "meter/command_report.h"
#include "meter/cpu_time.h"
#include "meter/energy_meter.h"
#include "meter/small_file.h"

namespace greentrain {
namespace {

struct AttachArguments {
  MeterOptions meter;
  std::string json;
  int process{0};
};

/// A process that somebody else started; stays the same one even if its number is given anew.
class OtherProcess {
 public:
  explicit OtherProcess(int number) : file_(static_cast<int>(syscall(SYS_pidfd_open, number, 0))) {
    if (file_ < 0) {
      throw UsageError("there is no process " + std::to_string(number) +
                       " to attach to, or it is another user's");
    }
  }
  ~OtherProcess() { close(file_); }
  OtherProcess(const OtherProcess&) = delete;
  OtherProcess& operator=(const OtherProcess&) = delete;
  bool ended() const {
    pollfd wait{.fd = file_, .events = POLLIN, .revents = 0};
    return poll(&wait, 1, 0) > 0;
  }

 private:
  int file_;
};

std::string command_line(const MachineTree& machine, int process) {
  std::string text =
      read_small_file(machine.proc / std::to_string(process) / "cmdline").value_or("");
  for (char& letter : text) {
    if (letter == '\0') letter = ' ';
  }
  return text;
}

constexpr Seconds kLook{0.2};

void attach(const AttachArguments& arguments, const CommandContext& context) {
  const MachineTree machine = machine_tree(context.environment);
  const OtherProcess process(arguments.process);
  PhaseTimer phases(context.clock);
  CommandReport report;
  report.label = "process " + std::to_string(arguments.process);
  report.command = {command_line(machine, arguments.process)};
  report.started_at = utc_now(context.clock);
  EnergyMeter meter(make_sensors(arguments.meter, context.clock, machine), arguments.meter, phases,
                    context.clock);
  meter.start();
  const Clock::Instant start = context.clock.now();
  const auto tree_before = tree_cpu_time(machine.proc, arguments.process);
  const auto busy_before = machine_busy_time(machine.proc);
  auto tree = tree_before;
  while (!process.ended() && wait_or_signal(context.signals, kLook)) {
    if (const auto now = tree_cpu_time(machine.proc, arguments.process)) tree = now;
  }
  const auto busy = machine_busy_time(machine.proc);
  CommandRun run;
  run.time = context.clock.now() - start;
  run.energy = meter.stop();
  run.energy.phases.clear();
  if (tree && tree_before && busy && busy_before) {
    run.share = tree_share(run.energy, *tree - *tree_before, *busy - *busy_before);
  }
  report.runs.push_back(std::move(run));
  context.err << to_text(report) << std::flush;
  if (!arguments.json.empty()) {
    write_file_atomically(arguments.json, to_json(report).dump(2) + "\n");
  }
}

}  // namespace

void add_attach_command(CLI::App& program, const CommandContext& context) {
  auto arguments = std::make_shared<AttachArguments>();
  CLI::App* command =
      program.add_subcommand("attach", "Meters from now until a process ends, or until Ctrl-C");
  add_meter_options(*command, arguments->meter);
  command->add_option("--json", arguments->json, "Writes the report to FILE");
  command->add_option("PID", arguments->process, "The process")->required();
  command->callback([arguments, context] { attach(*arguments, context); });
}

}  // namespace greentrain
