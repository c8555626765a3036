#pragma once

#include "scheduler/cli/carbon_command.h"

namespace greentrain {

/// Adds `restate RUN`, which counts the carbon of a training run again with what its feed says now.
void add_restate_command(CLI::App& program, const CommandContext& context);

}  // namespace greentrain
