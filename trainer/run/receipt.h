#pragma once

#include <filesystem>
#include <string>

#include "core/terminal.h"
#include "trainer/run/run_report.h"

namespace greentrain {

/// The end of a run in at most 12 lines (at 80 columns or more) of ASCII, each with its newline,
/// and one more each for a plan, pruning and wasted steps: accuracy, time, energy with bounds and
/// quality, carbon with intensity and source (no line when none is configured), what early stopping
/// saved, where the files are. A value that is missing in the report is left out or called
/// unmeasured, never shown as 0. Lines longer than the terminal are broken between words.
std::string receipt(const RunReport& report, const std::filesystem::path& run_directory,
                    const Terminal& terminal);

}  // namespace greentrain
