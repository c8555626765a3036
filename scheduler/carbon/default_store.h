#pragma once

#include <filesystem>

#include "core/environment.h"

namespace greentrain {

/// `$XDG_DATA_HOME/greentrain/carbon.sqlite`, or the same below ~/.local/share. Throws UsageError
/// if neither XDG_DATA_HOME nor HOME is set.
std::filesystem::path default_store(const Environment& environment);

}  // namespace greentrain
