#pragma once

#include <memory>
#include <string>
#include <vector>

#include "meter/energy_sensor.h"

namespace greentrain {

/// True if both measure some part of the machine: one of them inside the other, or the same twice.
bool overlap(const SensorInfo& a, const SensorInfo& b);

/// Sensors of which none contains what another one measures.
struct SensorChoice {
  std::vector<std::unique_ptr<EnergySensor>> taken;
  std::vector<std::string> left_out;  ///< "rapl:psys: contains what rapl:package-0 measures".
};

/// Takes the sensors in their order, best first, and leaves out each that overlaps with one taken
/// before. The result is a maximal antichain of the containment tree: nothing counts twice, and
/// nothing more can be added.
SensorChoice choose_sensors(std::vector<std::unique_ptr<EnergySensor>> best_first);

}  // namespace greentrain
