#include <algorithm>
#include <csignal>
#include <iostream>
#include <memory>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>
#include <c10/util/Exception.h>
#include <fmt/format.h>

#include "comm/launch.h"
#include "comm/rank_errors.h"
#include "comm/world.h"
#include "core/environment.h"
#include "core/version.h"
#include "trainer/cli/bench_command.h"
#include "trainer/cli/config_command.h"
#include "trainer/cli/doctor_command.h"
#include "trainer/cli/eval_command.h"
#include "trainer/cli/init_command.h"
#include "trainer/cli/plan_view.h"
#include "trainer/cli/predict_command.h"
#include "trainer/cli/train_session.h"
#include "trainer/run/launcher.h"

namespace greentrain {
namespace {

constexpr const char* kExamples = R"(Examples:
  greentrain init digits                                  write a commented config to start from
  mpirun --quiet -n 2 greentrain digits.yaml              train on two ranks
  greentrain digits.yaml train.epochs=5 model.type=mlp    change settings for one run
  greentrain config explain train.batch_size              what a setting means
  greentrain --plan digits.yaml scheduler.zone=DE scheduler.deadline=18:00   when it would run
  greentrain eval runs/digits-1                           measure the model of a run again
  greentrain doctor                                       what this machine gives a run

Exit codes: 0 done, 1 failure while running, 2 a mistake in arguments, config or data, 70 ranks hung.)";

/// What main() must still know after an exception.
struct Process {
  Stopwatch stopwatch;
  LaunchInfo launch;
  bool alone{true};     ///< The other ranks do not take part, as in everything but training.
  bool meeting{false};  ///< This rank went to meet the others, maybe in vain.
  std::unique_ptr<World> world;  ///< None before the ranks have met.

  void meet() {
    meeting = true;
    world = make_world(launch);
  }
};

void add_train_options(CLI::App& app, TrainArguments& arguments) {
  app.add_option("config", arguments.config, "YAML file that says what to train (docs/config.md)")
      ->type_name("FILE");
  app.add_option("overrides", arguments.overrides,
                 "Settings that win over the file: key.path=value")
      ->type_name("KEY=VALUE");
  app.add_flag("-q,--quiet", arguments.quiet, "Print the receipt only");
  app.add_flag("--json", arguments.json, "Print report.json only");
  app.add_flag("--plan", arguments.plan,
               "Do not train: draw when training would run, by the carbon plan of the config");
}

bool is_subcommand(const CLI::App& app, const std::string& name) {
  const auto commands = app.get_subcommands({});
  return std::any_of(commands.begin(), commands.end(),
                     [&](const CLI::App* command) { return command->get_name() == name; });
}

/// What to read after a mistake in the arguments.
std::string advice(const CLI::App& app) {
  std::string command = app.get_name();
  const CLI::App* innermost = &app;
  while (!innermost->get_subcommands().empty()) {
    innermost = innermost->get_subcommands().front();
    command += " " + innermost->get_name();
  }
  const char* settings =
      innermost == &app ? "Settings are written as KEY=VALUE, such as train.epochs=3.\n" : "";
  return fmt::format("{}See: {} --help", settings, command);
}

void train(Process& process, const Environment& environment, const TrainArguments& arguments) {
  std::optional<LoadedConfig> config;
  if (process.launch.rank == 0) {
    const bool color = terminal_of(2, environment).color;
    config = load_config(arguments.config, arguments.overrides, color ? Colors::On : Colors::Off);
  }
  process.meet();
  TrainSession(*process.world, process.launch, process.stopwatch, arguments,
               console_terminal(environment), machine_tree(environment), config)
      .run();
}

int run(Process& process, int argc, char** argv) {
  const Environment environment = process_environment();
  process.launch = read_launch_info(environment);
  TrainArguments arguments;
  arguments.command_line.assign(argv, argv + argc);
  arguments.environment = environment;

  CLI::App app("Trains models data-parallel over MPI and says what energy and carbon they cost.");
  app.name("greentrain");
  app.footer(kExamples);
  app.set_version_flag("--version", [] {
    const BuildInfo& build = build_info();
    return fmt::format("greentrain {} ({}, {}, {})", build.version, build.commit, build.compiler,
                       build.build_type);
  });
  add_train_options(app, arguments);
  add_config_command(app, terminal_of(2, environment).color ? Colors::On : Colors::Off);
  add_init_command(app);
  add_eval_command(app);
  add_predict_command(app);
  add_bench_command(app, environment);
  add_doctor_command(app, environment, process.launch);

  // Everything but training is the work of one rank.
  process.alone = argc >= 2 && is_subcommand(app, argv[1]);
  if (process.alone && process.launch.rank > 0) return static_cast<int>(ExitCode::Ok);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& stop) {
    if (stop.get_exit_code() != 0) {
      throw UsageError(fmt::format("{}\n{}", stop.what(), advice(app)));
    }
    return process.launch.rank == 0 ? app.exit(stop) : 0;  // --help, --version
  }
  if (process.alone) return static_cast<int>(ExitCode::Ok);
  if (arguments.config.empty()) throw UsageError(app.help());
  if (arguments.plan) {  // The work of one rank.
    process.alone = true;
    if (process.launch.rank > 0) return static_cast<int>(ExitCode::Ok);
    const Colors colors = terminal_of(2, environment).color ? Colors::On : Colors::Off;
    print_plan(load_config(arguments.config, arguments.overrides, colors), environment,
               console_terminal(environment), arguments.json);
    return static_cast<int>(ExitCode::Ok);
  }
  train(process, environment, arguments);
  return static_cast<int>(ExitCode::Ok);
}

// This rank's own failure: says so and takes the other ranks down.
int fail(Process& process, const std::string& message, ExitCode code) {
  const LaunchInfo& launch = process.launch;
  // A mistake that rank 0 finds before the ranks meet is everybody's; who found it says nothing.
  const bool name_rank = process.meeting && launch.size > 1;
  if (process.meeting || launch.rank == 0) {
    std::cerr << (name_rank ? fmt::format("rank {} ({}): ", launch.rank, host_name()) : "")
              << message << std::endl;
  }
  // The others may be waiting in MPI_Init already: docs/launching.md.
  try {
    if (!process.alone && !process.meeting && launch.size > 1) process.meet();
  } catch (const std::exception&) {
    return static_cast<int>(code);  // they could not be met: the launcher ends them
  }
  if (process.world) process.world->abort(code);
  return static_cast<int>(code);
}

// A failure that all ranks know of: rank 0 says it, and all leave together.
int fail_together(Process& process, const Error& error) {
  if (process.launch.rank == 0) std::cerr << error.what() << std::endl;
  if (process.world) process.world->end(error.code());
  return static_cast<int>(error.code());
}

}  // namespace
}  // namespace greentrain

int main(int argc, char** argv) {
  using namespace greentrain;
  std::signal(SIGXFSZ, SIG_IGN);  // A file at its size limit is then an error of the write.
  Process process;
  try {
    return run(process, argc, argv);
  } catch (const SharedError& error) {
    return fail_together(process, error);
  } catch (const Error& error) {
    return fail(process, error.what(), error.code());
  } catch (const c10::Error& error) {
    return fail(process, error.what_without_backtrace(), ExitCode::Failure);
  } catch (const std::exception& error) {
    return fail(process, error.what(), ExitCode::Failure);
  }
}
