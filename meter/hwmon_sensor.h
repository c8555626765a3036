#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/clock.h"
#include "meter/energy_sensor.h"

namespace greentrain {

/// What the kernel's hardware monitoring knows of energy and power.
struct HwmonSensors {
  std::vector<std::unique_ptr<EnergySensor>> sockets;  ///< amd_energy: counters of CPU packages.
  std::vector<std::unique_ptr<EnergySensor>> modules;  ///< NVIDIA Grace: power of CPU and module.
  std::vector<std::unique_ptr<EnergySensor>> machine;  ///< ACPI power meter: all of the machine.
  std::vector<std::string> left_out;                   ///< Parts of these.
  std::vector<std::string> problems;                   ///< With what to do about each.
  std::vector<std::string> absent;                     ///< The machine has no such chip.
};

/// Opens the chips amd_energy and power_meter below /sys/class/hwmon. Kernel documentation:
/// hwmon/amd_energy.rst, hwmon/acpi_power_meter.rst; Grace: NVIDIA's Grace performance tuning
/// guide, "Power Telemetry".
HwmonSensors open_hwmon_sensors(const std::filesystem::path& hwmon, const Clock& clock);

}  // namespace greentrain
