#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/environment.h"
#include "meter/energy_sensor.h"
#include "meter/meter_options.h"
#include "meter/perf_energy.h"

namespace greentrain {

/// The sensors of one node and what a reader of their figures must know. Nothing is counted twice:
/// no sensor contains what another one measures.
struct SensorSet {
  std::string node;  ///< Host name.
  std::vector<std::unique_ptr<EnergySensor>> sensors;
  std::vector<std::string> excludes;  ///< What none of them sees: "GPU", "power supply losses", ...
  std::vector<std::string> left_out;  ///< Sensors that overlap with one of these, with the reason.
  std::vector<std::string> notes;     ///< Why a sensor is missing, and how to get it.
  std::vector<std::string> absent;    ///< Kinds of sensors that this machine just does not have.
};

/// Where the machine shows itself; tests give one of their own.
struct MachineTree {
  std::filesystem::path sys{"/sys"};
  std::filesystem::path proc{"/proc"};
  std::filesystem::path dev{"/dev"};
  std::string nvml{"libnvidia-ml.so.1"};  ///< A file, a name that the linker finds, or nothing.
  PerfOpener perf{kernel_perf_opener()};
  std::filesystem::path calibration{};  ///< What `greenmeter calibrate` keeps; empty: no place.
  std::chrono::milliseconds nvml_patience{20000};  ///< How long NVML may take to start.
};

/// The machine, with what GREENTRAIN_SYSFS_ROOT (for /sys) and GREENTRAIN_NVML (a library) put in
/// the place of its own. For main().
MachineTree machine_tree(const Environment& environment);

/// Opens the sensors that `options` asks for. "auto" takes the best of each part of the machine:
/// GPUs by nvml; CPUs by rapl, else perf, else hwmon, else model. Throws UsageError for an unknown
/// name, for a sensor asked for by name that is not available, and for two that measure the same.
/// `clock` must outlive the sensors.
SensorSet make_sensors(const MeterOptions& options, const Clock& clock,
                       const MachineTree& machine = {});

}  // namespace greentrain
