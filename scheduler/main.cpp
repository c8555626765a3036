#include <exception>
#include <iostream>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "core/environment.h"
#include "core/error.h"
#include "core/terminal.h"
#include "core/version.h"
#include "scheduler/cli/carbon_command.h"
#include "scheduler/cli/plan_command.h"
#include "scheduler/cli/restate_command.h"
#include "scheduler/cli/run_command.h"

namespace greentrain {
namespace {

int run(int argc, char** argv) {
  const Environment environment = process_environment();
  const CommandContext context{environment, std::cout, std::cerr,
                               terminal_of(STDOUT_FILENO, environment)};
  CLI::App program("Plans when and how hard jobs run, for low carbon", "greensched");
  program.set_version_flag("--version", "greensched " + build_info().version);
  program.require_subcommand(1);
  add_carbon_command(program, context);
  add_plan_command(program, context);
  add_restate_command(program, context);
  int exit_code = 0;
  add_run_command(program, context, exit_code);
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const bool asked = error.get_exit_code() == 0;  // --help and --version.
    program.exit(error);
    return static_cast<int>(asked ? ExitCode::Ok : ExitCode::Usage);
  }
  return exit_code;
}

}  // namespace
}  // namespace greentrain

int main(int argc, char** argv) {
  try {
    return greentrain::run(argc, argv);
  } catch (const greentrain::Error& error) {
    std::cerr << "greensched: " << error.what() << "\n";
    return static_cast<int>(error.code());
  } catch (const std::exception& error) {
    std::cerr << "greensched: " << error.what() << "\n";
    return static_cast<int>(greentrain::ExitCode::Failure);
  }
}
