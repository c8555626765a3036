#include <cerrno>
#include <cstring>
#include <iostream>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/file.h"
#include "meter/cli/child_process.h"
#include "meter/cli/command_context.h"
#include "meter/cli/node_lock.h"
#include "meter/command_report.h"
#include "meter/cpu_time.h"
#include "meter/energy_meter.h"
#include "meter/job_share.h"
#include "meter/journal/journal_keeper.h"

namespace greentrain {
namespace {

struct RunArguments {
  MeterOptions meter;
  std::string json;
  std::string label;
  int repeat{1};
  std::vector<std::string> command;
};

/// Becomes the command, without a meter: another process of the job meters this node.
[[noreturn]] void become(const std::vector<std::string>& command, const BlockedSignals& signals) {
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  signals.undo();
  execvp(arguments[0], arguments.data());
  const int error = errno;
  std::cerr << "greenmeter: " << command[0] << ": " << std::strerror(error) << std::endl;
  _exit(error == ENOENT ? 127 : 126);
}

class Runner {
 public:
  Runner(const RunArguments& arguments, const CommandContext& context)
      : arguments_(arguments), context_(context), machine_(machine_tree(context.environment)) {
    report_.label = arguments.label;
    report_.command = arguments.command;
    report_.started_at = utc_now(context.clock);
  }

  /// Runs the command as often as was asked, and stops at the first that fails.
  int run() {
    take_node();
    int exit_code = 0;
    for (int round = 0; round < arguments_.repeat && exit_code == 0; ++round) {
      exit_code = run_once();
    }
    if (report_.runs.empty()) return exit_code;
    context_.err << to_text(report_) << std::flush;
    const bool written = arguments_.json.empty() || write_json();
    return exit_code == 0 && !written ? static_cast<int>(ExitCode::Failure) : exit_code;
  }

 private:
  void take_node() {
    const auto job = job_of(context_.environment);
    if (!job) return;
    const auto folder = context_.environment("TMPDIR").value_or("/tmp");
    try {
      lock_ = NodeLock::try_take(folder, machine_.proc, *job);
    } catch (const Error& error) {  // Metered by each of its processes, the node would count twice.
      context_.err << "greenmeter: nothing is metered here: " << error.what() << std::endl;
    }
    if (!lock_) become(arguments_.command, context_.signals);
    in_job_ = true;
  }

  int run_once() {
    PhaseTimer phases(context_.clock);
    SensorSet sensors = make_sensors(arguments_.meter, context_.clock, machine_);
    node_ = sensors.node;
    EnergyMeter meter(std::move(sensors), arguments_.meter, phases, context_.clock);
    meter.start();
    const auto journal = keep_journal(meter);
    const Clock::Instant start = context_.clock.now();
    const auto busy_before = machine_busy_time(machine_.proc);
    const auto times_before = cpu_times(machine_);
    const CommandEnd end = run_command(arguments_.command, context_.signals);
    const auto busy_after = machine_busy_time(machine_.proc);
    CommandRun run;
    run.time = context_.clock.now() - start;
    run.energy = meter.stop();
    run.energy.phases.clear();  // A command of somebody else's has none that we know.
    run.exit_code = end.exit_code;
    if (!end.started) {
      context_.err << "greenmeter: " << end.problem << std::endl;
      return end.exit_code;
    }
    end_journal(journal.get(), run);
    if (in_job_) add_job(run, between(times_before, cpu_times(machine_)));
    add_share(run, end, busy_before, busy_after);
    add_calibrated(run);
    report_.runs.push_back(std::move(run));
    return end.exit_code;
  }

  /// So that a command whose meter is killed still leaves what it drew; see `greenmeter report`.
  std::unique_ptr<JournalKeeper> keep_journal(EnergyMeter& meter) const {
    const auto folder = journal_folder(context_.environment);
    if (!folder) return nullptr;
    JournalSegment segment = new_segment(node_, machine_.proc, context_.clock);
    segment.label = report_.label;
    for (const std::string& word : report_.command) {
      segment.label += (segment.label.empty() ? "" : " ") + word;
    }
    const std::string name = journal_name(node_, machine_.proc);
    return std::make_unique<JournalKeeper>(meter, *folder / name, segment, context_.clock,
                                           arguments_.meter.journal_period);
  }

  /// A command that ended before the first record was due has its report, and needs no journal.
  static void end_journal(JournalKeeper* journal, CommandRun& run) {
    if (journal == nullptr || !journal->begun()) return;
    journal->end(run.energy);
    if (const auto problem = journal->problem()) run.notes.push_back(*problem);
  }

  /// By control group, as the batch system made it, which holds all of the job's processes.
  void add_job(CommandRun& run, const std::optional<CpuTimes>& times) const {
    const auto file = calibration_file(context_.environment);
    std::optional<Calibration> calibration;
    try {
      if (file) calibration = load_calibration(*file, node_);
    } catch (const Error&) {
      // add_calibrated() says so.
    }
    run.energy.job = job_share(run.energy, times, std::nullopt, calibration, run.time);
  }

  void add_share(CommandRun& run, const CommandEnd& end, std::optional<Seconds> busy_before,
                 std::optional<Seconds> busy_after) const {
    if (in_job_) {
      run.notes.emplace_back(
          "The figures are the node's: other processes of the job ran beside this one, and their "
          "share of the CPU time is not known. They end when this process's command does.");
      return;
    }
    std::optional<Seconds> busy;
    if (busy_before && busy_after) busy = *busy_after - *busy_before;
    run.share = tree_share(run.energy, end.cpu_time, busy);
    if (end.left_behind) {
      run.notes.emplace_back(
          "Processes that the command started still run; what they use from here on, and their CPU "
          "time so far, is not in these figures.");
    }
  }

  void add_calibrated(CommandRun& run) {
    const auto file = calibration_file(context_.environment);
    if (!file) return;
    try {
      const auto calibration = load_calibration(*file, node_);
      if (!calibration) return;
      run.above_idle = above_idle(run.energy, run.time, *calibration);
      report_.wall_ratio = calibration->wall_ratio;
    } catch (const Error& error) {  // The command has run: its figures are worth more than these.
      run.notes.emplace_back(error.what());
    }
  }

  bool write_json() const {
    std::string path = arguments_.json;
    const auto host = path.find("%h");
    if (host != std::string::npos) path.replace(host, 2, node_);
    try {
      write_file_atomically(path, to_json(report_).dump(2) + "\n");
      return true;
    } catch (const Error& error) {
      context_.err << "greenmeter: " << error.what() << std::endl;
      return false;
    }
  }

  const RunArguments& arguments_;
  const CommandContext& context_;
  MachineTree machine_;
  std::unique_ptr<NodeLock> lock_;
  bool in_job_{false};
  std::string node_;
  CommandReport report_;
};

constexpr const char* kFooter =
    "The command gets this terminal, its signals and its exit code. The report goes to standard\n"
    "error once it has ended. Under mpirun or srun one process per node meters.\n\n"
    "  greenmeter run -- python train.py\n"
    "  greenmeter run --repeat 5 --json energy.json -- make -j8\n"
    "  mpirun -n 8 greenmeter run --json 'energy-%h.json' -- ./simulate";

}  // namespace

void add_run_command(CLI::App& program, const CommandContext& context) {
  auto arguments = std::make_shared<RunArguments>();
  CLI::App* run = program.add_subcommand("run", "Runs a command and says what it cost");
  add_meter_options(*run, arguments->meter);
  run->add_option_function<double>(
         "--journal-period",
         [arguments](double seconds) {
           arguments->meter.journal_period =
               std::chrono::milliseconds(static_cast<int>(seconds * 1000));
         },
         "Seconds between two records in the journal")
      ->check(CLI::Range(0.1, 3600.0))
      ->default_str("10");
  run->add_option("--json", arguments->json, "Writes the report to FILE; %h is the host's name");
  run->add_option("--label", arguments->label, "Stands in the report");
  run->add_option("--repeat", arguments->repeat, "Runs it N times, with the mean and its interval")
      ->check(CLI::Range(1, 1000000));
  run->add_option("COMMAND", arguments->command, "What to run, after --")->required();
  run->positionals_at_end();
  run->footer(kFooter);
  run->callback([arguments, context] { context.exit_code = Runner(*arguments, context).run(); });
}

}  // namespace greentrain
