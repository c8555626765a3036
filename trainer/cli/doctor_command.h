#pragma once

#include "comm/launch.h"
#include "core/environment.h"

namespace CLI {
class App;
}

namespace greentrain {

/// `greentrain doctor`: what this machine and build give a run, as a table or JSON. Throws Error
/// after printing when something would stop a run.
void add_doctor_command(CLI::App& app, const Environment& environment, const LaunchInfo& launch);

}  // namespace greentrain
