#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "core/units.h"
#include "trainer/config.h"

namespace greentrain {

/// The speed of a run of the past.
struct MeasuredRun {
  std::filesystem::path directory;
  Seconds per_step{0};           ///< Evaluations included, pauses and start-up not.
  std::optional<Watts> power{};  ///< Empty: its energy was not measured.
  std::int64_t ranks{0};
};

/// The newest run in `runs` with the same model, data, batch and way of computing. Empty if there
/// is none; folders that hold something else are passed over.
std::optional<MeasuredRun> newest_run_like(const LoadedConfig& config,
                                           const std::filesystem::path& runs = "runs");

}  // namespace greentrain
