#include <exception>
#include <iostream>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "core/environment.h"
#include "core/error.h"
#include "core/terminal.h"
#include "core/version.h"
#include "meter/cli/child_process.h"
#include "meter/cli/command_context.h"

namespace greentrain {
namespace {

int run(int argc, char** argv) {
  const Environment environment = process_environment();
  const SystemClock clock;
  const BlockedSignals signals;
  int exit_code = 0;
  const CommandContext context{environment, clock,     signals,
                               std::cout,   std::cerr, terminal_of(STDOUT_FILENO, environment),
                               exit_code};
  CLI::App program("Says what energy this machine and its commands use", "greenmeter");
  program.set_version_flag("--version", "greenmeter " + build_info().version);
  program.require_subcommand(1);
  add_run_command(program, context);
  add_attach_command(program, context);
  add_report_command(program, context);
  add_doctor_command(program, context);
  add_watch_command(program, context);
  add_calibrate_command(program, context);
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
    std::cerr << "greenmeter: " << error.what() << "\n";
    return static_cast<int>(error.code());
  } catch (const std::exception& error) {
    std::cerr << "greenmeter: " << error.what() << "\n";
    return static_cast<int>(greentrain::ExitCode::Failure);
  }
}
