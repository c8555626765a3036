#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "core/units.h"
#include "meter/calibration.h"
#include "meter/energy_report.h"

namespace greentrain {

/// What a command and its descendants had of the node's CPUs.
struct TreeShare {
  double of_cpu_time{0};  ///< Of all that the CPUs were busy, 0 to 1.
  Energy energy;          ///< The same part of what the CPUs and their DRAM drew: an estimate.
};

/// One run of a command under the meter.
struct CommandRun {
  int exit_code{0};
  Seconds time{0};
  EnergyReport energy;  ///< Of the whole node.
  std::optional<TreeShare> share;
  std::optional<Energy> above_idle;
  std::vector<std::string> notes;
};

struct CommandReport {
  std::string label;
  std::vector<std::string> command;
  std::string started_at;  ///< UTC.
  std::vector<CommandRun> runs;
  std::optional<double> wall_ratio;  ///< Calibration::wall_ratio.
};

/// The share of the CPUs' energy by CPU time; nullopt if the times are not known or no CPU was
/// metered. The energy of GPUs and of meters of the whole machine is not shared out.
std::optional<TreeShare> tree_share(const EnergyReport& report, std::optional<Seconds> of_tree,
                                    std::optional<Seconds> of_machine);

/// Mean over repeated runs with the 95 % confidence interval of the mean (Student's t). Two or
/// more.
struct RepeatStatistics {
  Joules mean;
  Joules mean_lo;
  Joules mean_hi;
  Seconds mean_time;
};
std::optional<RepeatStatistics> statistics_of(const std::vector<CommandRun>& runs);

nlohmann::json to_json(const CommandReport& report);  ///< docs/greenmeter.md has the fields.
std::string to_text(const CommandReport& report);     ///< For people, lines of up to 100 columns.

}  // namespace greentrain
