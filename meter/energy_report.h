#pragma once

#include <cstdint>
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
  Seconds update_period{0};                       ///< EnergyWindow::update_period().
};

/// Energy of one phase, attributed by time share inside sampling intervals: always an estimate.
struct PhaseEnergy {
  Phase phase;
  Seconds time;  ///< While the meter ran.
  Joules joules;
};

/// What one job had of nodes that it may share with others; docs/measuring.md has the rules.
struct JobShare {
  Seconds cpu_time{0};            ///< Of the job's control group.
  Seconds machine_cpu_time{0};    ///< Of all processes of its nodes.
  std::vector<std::string> gpus;  ///< UUIDs of the job's own.
  Energy energy;
  std::optional<Energy> idle;  ///< Of the nodes' CPUs at rest: nobody's. None: not calibrated.
};

/// What a run drew before it was started anew: part of the report's total.
struct EarlierEnergy {
  std::int64_t attempts{0};        ///< Started before this one.
  std::int64_t cut_off{0};         ///< Of these, ended without a last record: killed, lost power.
  Energy energy;                   ///< Of all of them, with what was not recorded any more.
  std::int64_t repeated_steps{0};  ///< Done, lost and done again.
  Energy wasted;                   ///< On these steps. Part of `energy`; Unmeasured: none was.
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
  std::optional<JobShare> job{};        ///< Of the total, as far as it is known.
  std::optional<EarlierEnergy> earlier{};  ///< Of a run that was resumed.
};

/// A report, and the time that it is about.
struct TimedReport {
  EnergyReport report;
  Seconds time{0};
};

/// Adds up what followed each other in time. Energies and bounds add, components of one sensor
/// become one, coverage is the mean by time. Parts without a figure are named in `excludes`.
EnergyReport in_sequence(const std::vector<TimedReport>& parts);

/// Adds up nodes that ran at the same time. Energies and bounds add, so do the seconds of a phase
/// (node-seconds); coverage is the lowest. An unmeasured node is left out of the total and named in
/// `excludes`.
EnergyReport merge(const std::vector<EnergyReport>& nodes);

/// Sets total.joules to the sum of the phases, so that no rounding lies between the two.
void make_total_the_sum_of_phases(EnergyReport& report);

/// The `energy` object of report.json (schema: docs/measuring.md), or its seven figures alone.
nlohmann::json to_json(const EnergyReport& report);
nlohmann::json to_json(const Energy& energy);
Energy energy_from_json(const nlohmann::json& json);  ///< Throws Error naming the field.
EnergyReport energy_report_from_json(
    const nlohmann::json& json);  ///< Throws Error naming the field.

}  // namespace greentrain
