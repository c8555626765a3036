#pragma once

#include "scheduler/cli/carbon_command.h"

namespace greentrain {

/// Adds `plan`, which prints when and how hard a job should run.
void add_plan_command(CLI::App& program, const CommandContext& context);

}  // namespace greentrain
