#pragma once

#include <string>

#include "core/config/option.h"

namespace greentrain {

/// One setting, a group with the keys it holds, or all sections for the empty path: for a terminal.
/// Throws UsageError for a path that is not known, with a guess at the one that was meant.
std::string explain(const OptionTable& table, const std::string& path);

/// All settings as a page in Markdown, a table per group. `program` is the one that reads them.
std::string manual(const OptionTable& table, const std::string& program);

}  // namespace greentrain
