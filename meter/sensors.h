#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/clock.h"
#include "meter/energy_sensor.h"
#include "meter/meter_options.h"

namespace greentrain {

/// The sensors of one node and what a reader of their figures must know. Nothing is counted twice:
/// no sensor contains what another one measures.
struct SensorSet {
  std::string node;  ///< Host name.
  std::vector<std::unique_ptr<EnergySensor>> sensors;
  std::vector<std::string> excludes;  ///< What none of them sees: "GPU", "power supply losses", ...
  std::vector<std::string> notes;     ///< Why a sensor is missing, and how to get it.
};

/// Where the kernel shows the machine; tests give a tree of their own.
struct MachineTree {
  std::filesystem::path powercap{"/sys/class/powercap"};
  std::filesystem::path proc{"/proc"};
  std::filesystem::path dev{"/dev"};
};

/// Opens the sensors that `options` asks for: "auto" takes rapl if it delivers, else model. Throws
/// UsageError for an unknown name, and for a sensor asked for by name that is not available.
/// `clock` must outlive the sensors.
SensorSet make_sensors(const MeterOptions& options, const Clock& clock,
                       const MachineTree& machine = {});

}  // namespace greentrain
