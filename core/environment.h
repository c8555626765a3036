#pragma once

#include <functional>
#include <optional>
#include <string>

namespace greentrain {

/// Reads one environment variable. Only main() passes the process's own; tests pass a map.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

/// The process environment, for main().
Environment process_environment();

}  // namespace greentrain
