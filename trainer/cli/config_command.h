#pragma once

#include "core/config/reader/diagnostics.h"

namespace CLI {
class App;
}

namespace greentrain {

/// Adds `config check|show|explain|schema|manual`. Each prints to standard output while the
/// arguments are parsed and throws UsageError, whose text in `colors` is complete, for what is
/// wrong.
void add_config_command(CLI::App& app, Colors colors = Colors::Off);

}  // namespace greentrain
