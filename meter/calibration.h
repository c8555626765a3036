#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "core/environment.h"
#include "core/units.h"
#include "meter/energy.h"
#include "meter/energy_report.h"

namespace greentrain {

/// A mean power over some time, as an interval.
struct MeanPower {
  Watts watts;
  Watts lo;
  Watts hi;
};

/// What was once found out about one machine: its power at rest, and what a meter at the plug
/// showed beside the sensors.
struct Calibration {
  std::string date;                       ///< UTC, "2026-11-20T12:00:00Z".
  std::map<std::string, MeanPower> idle;  ///< By sensor.
  std::optional<double> wall_ratio;       ///< Power at the plug over that of all sensors.
};

/// Power by sensor over the time of a report. Sensors that delivered nothing are left out.
std::map<std::string, MeanPower> mean_power(const EnergyReport& report, Seconds time);

/// What a report says above the machine's power at rest over the same time: nullopt if a part of
/// its total was not calibrated. Bounds at the plug and at rest both count, the lower one not below
/// zero.
std::optional<Energy> above_idle(const EnergyReport& report, Seconds time,
                                 const Calibration& calibration);

/// `$XDG_STATE_HOME/greentrain/calibration.json`, or the same below ~/.local/state; nullopt if
/// neither XDG_STATE_HOME nor HOME is set.
std::optional<std::filesystem::path> calibration_file(const Environment& environment);

/// One machine's part of the file, by host name; nullopt if it has none. Throws UsageError if the
/// file is there and damaged.
std::optional<Calibration> load_calibration(const std::filesystem::path& file,
                                            const std::string& node);
void save_calibration(const std::filesystem::path& file, const std::string& node,
                      const Calibration& calibration);  ///< Keeps the other machines' parts.

}  // namespace greentrain
