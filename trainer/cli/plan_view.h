#pragma once

#include "core/environment.h"
#include "core/terminal.h"
#include "trainer/config.h"

namespace greentrain {

/// What `greentrain --plan config.yaml` prints: the plan that a run started now would follow, as a
/// picture or as JSON. Throws UsageError if no plan is asked for, or nothing tells how long the run
/// takes.
void print_plan(const LoadedConfig& config, const Environment& environment,
                const Terminal& terminal, bool json);

}  // namespace greentrain
