#pragma once

#include "scheduler/cli/carbon_command.h"

namespace greentrain {

/// Adds `run`, which waits for a job's best window and runs its command. `exit_code` is set to what
/// the program has to return.
void add_run_command(CLI::App& program, const CommandContext& context, int& exit_code);

}  // namespace greentrain
