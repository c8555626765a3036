#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/units.h"
#include "meter/energy.h"

namespace greentrain {

enum class ReadStatus { Ok, Lost };

/// One answer of a sensor: energy since an unspecified start, as an interval (lo == hi for a
/// hardware counter, wider for a model or where a counter was reset). The clock is read before and
/// after the sensor. All but `age` only grow.
struct Reading {
  Clock::Instant before;
  Clock::Instant after;
  ReadStatus status{ReadStatus::Lost};
  Joules joules;
  Joules lo;
  Joules hi;
  Seconds unseen{0};  ///< Of the time so far, what the sensor cannot vouch for: reset, frozen.
  Seconds age{0};     ///< How long before `after` the bounds last moved: what came since is not in.
  int resets{0};
  int gaps{0};
  Seconds update_period{0};          ///< As it was seen; 0: as SensorInfo has it.
  std::optional<Joules> integral{};  ///< Of power read beside the counter, to check it.
};

struct SensorInfo {
  std::string id;      ///< Stable: "rapl:package-0", "model:cpu".
  std::string device;  ///< For people: "CPU package 0".
  Quality quality;     ///< Of a total made from this sensor alone.
  std::string source;  ///< Where the figure comes from: a path, or tables with version and year.
  double accuracy{0};  ///< Relative error of the sensor itself, 0.05 = 5 %.
  Seconds update_period{0};  ///< Time between two changes of the counter.
  Watts max_power;           ///< More than the device can ever draw; bounds what was not seen.
  bool probe{false};  ///< How often it is updated is assumed: readings close together would tell.
  std::optional<Seconds> longest_period{};  ///< Between two readings, so that no wrap is missed.
  std::vector<std::string> contains;  ///< For people: "CPU cores", "integrated memory controller".
  /// What is inside, so that nothing counts twice: "package:package-0", "dram:package-0",
  /// "gpu:GPU-6f2a..."; "package:*" is every package.
  std::vector<std::string> parts{};
};

/// One energy counter, such as a CPU package.
/// Not thread-safe: EnergyMeter alone calls it, from its sampling thread.
class EnergySensor {
 public:
  virtual ~EnergySensor() = default;
  virtual const SensorInfo& info() const = 0;
  /// About 1 ms. A lost reading is a status, never an exception or a zero.
  virtual Reading read() = 0;
  /// Looks at the counter, to see how often it is updated, where info().probe asks for that. What
  /// it has counted comes with the next read(). False when more looks would tell nothing new.
  virtual bool probe() {
    read();
    return true;
  }
};

}  // namespace greentrain
