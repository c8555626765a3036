#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "core/units.h"
#include "meter/energy.h"

namespace greentrain {

/// One sensor's share of the total.
struct EnergyComponent {
  std::string node;    ///< Host name.
  std::string sensor;  ///< SensorInfo::id.
  std::string device;
  std::string source;
  Energy energy;
  int lost_readings{0};
  std::optional<double> counter_over_integral{};  ///< EnergyWindow::counter_over_integral().
};

/// Energy of one phase, attributed by time share inside sampling intervals: always an estimate.
struct PhaseEnergy {
  Phase phase;
  Seconds time;  ///< While the meter ran.
  Joules joules;
};

/// What a run cost on one node or, after merge(), on all. Plain data. A total or component whose
/// quality is Unmeasured has no figure: its joules are zero here and null in JSON.
struct EnergyReport {
  Energy total;
  std::vector<EnergyComponent> components;
  std::vector<PhaseEnergy> phases;      ///< Joules add up to total.joules.
  std::vector<std::string> excludes;    ///< What no sensor saw: "GPU", "power supply losses", ...
  std::vector<std::string> notes;       ///< What a reader must know: unknown CPU, lost readings.
  std::vector<std::string> left_out{};  ///< Sensors that overlap with one above, and why.
};

/// Adds up nodes that ran at the same time. Energies and bounds add, so do the seconds of a phase
/// (node-seconds); coverage is the lowest. An unmeasured node is left out of the total and named in
/// `excludes`.
EnergyReport merge(const std::vector<EnergyReport>& nodes);

/// Sets total.joules to the sum of the phases, so that no rounding lies between the two.
void make_total_the_sum_of_phases(EnergyReport& report);

/// The `energy` object of report.json (schema: docs/measuring.md).
nlohmann::json to_json(const EnergyReport& report);
EnergyReport energy_report_from_json(
    const nlohmann::json& json);  ///< Throws Error naming the field.

}  // namespace greentrain
