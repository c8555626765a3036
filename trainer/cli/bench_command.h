#pragma once

#include "core/environment.h"

namespace CLI {
class App;
}

namespace greentrain {

/// Adds `bench`: what answering with the model of a run costs. `environment` must outlive `app`.
void add_bench_command(CLI::App& app, const Environment& environment);

}  // namespace greentrain
