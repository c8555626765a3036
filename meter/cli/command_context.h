#pragma once

#include <filesystem>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/environment.h"
#include "core/terminal.h"
#include "meter/meter_options.h"
#include "meter/sensors.h"

namespace CLI {
class App;
}

namespace greentrain {

class BlockedSignals;

/// What a command of greenmeter stands on.
struct CommandContext {
  const Environment& environment;
  const Clock& clock;
  const BlockedSignals& signals;
  std::ostream& out;  ///< What was asked for.
  std::ostream& err;  ///< The report of `run` and `attach`, whose output is the command's own.
  Terminal terminal;  ///< Behind `out`.
  int& exit_code;     ///< Of the program.
};

/// Adds --sensors and --period.
void add_meter_options(CLI::App& command, MeterOptions& options);

void add_run_command(CLI::App& program, const CommandContext& context);
void add_attach_command(CLI::App& program, const CommandContext& context);
void add_report_command(CLI::App& program, const CommandContext& context);
void add_doctor_command(CLI::App& program, const CommandContext& context);
void add_watch_command(CLI::App& program, const CommandContext& context);
void add_calibrate_command(CLI::App& program, const CommandContext& context);

/// `$XDG_STATE_HOME/greentrain/energy`, or the same below ~/.local/state; nullopt if neither
/// XDG_STATE_HOME nor HOME is set.
std::optional<std::filesystem::path> journal_folder(const Environment& environment);

/// Waits until the time is over or an ending signal comes; false then. A blocked signal is taken.
bool wait_or_signal(const BlockedSignals& signals, Seconds time);

std::string utc_now(const Clock& clock);  ///< "2026-11-20T12:00:00Z".

}  // namespace greentrain
