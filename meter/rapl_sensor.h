#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/clock.h"
#include "meter/counter.h"
#include "meter/energy_sensor.h"
#include "meter/number_file.h"

namespace greentrain {

/// One zone of the kernel's powercap tree: the energy counter of a CPU package or of its DRAM.
/// Reads energy_uj, in steps of about 1 ms on the hardware's side; wraps at max_energy_range_uj.
class RaplSensor final : public EnergySensor {
 public:
  RaplSensor(SensorInfo info, std::filesystem::path zone, const CounterLimits& limits,
             const Clock& clock);
  const SensorInfo& info() const override { return info_; }
  Reading read() override;

 private:
  SensorInfo info_;
  NumberFile energy_file_;
  CounterLimits limits_;
  CounterTotal total_;
  const Clock& clock_;
};

/// The RAPL zones of a machine.
struct RaplZones {
  std::vector<std::unique_ptr<EnergySensor>> sensors;   ///< Add up without counting twice.
  std::vector<std::unique_ptr<EnergySensor>> platform;  ///< psys: contains all of the above.
  std::vector<std::string> left_out;  ///< Zones inside these, or showing the same counter.
  std::vector<std::string> problems;  ///< With what to do about each.
};

/// Opens zones by name: every package-*, and dram where it can be read; psys apart. core and uncore
/// lie inside the package and are left out, as are the zones of intel-rapl-mmio that repeat one of
/// intel-rapl and those that mirror another zone's counter. One unreadable package leaves none of
/// `sensors`: a sum that misses a package would pass for the machine's.
RaplZones open_rapl_zones(const std::filesystem::path& powercap, const Clock& clock);

}  // namespace greentrain
