#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/error.h"
#include "meter/counter.h"
#include "meter/energy_sensor.h"

namespace greentrain {

/// One hardware event of the kernel, counting on one CPU for the whole machine.
class PerfEvent {
 public:
  virtual ~PerfEvent() = default;
  virtual std::optional<double> count() = 0;  ///< Since it was opened; absent if it cannot be read.
};

/// Opens an event, by the number of its unit and its config, on a CPU. Null if the kernel refuses.
using PerfOpener =
    std::function<std::unique_ptr<PerfEvent>(unsigned int type, unsigned long config, int cpu)>;

/// perf_event_open(2).
PerfOpener kernel_perf_opener();

/// The energy events of the kernel's perf: the counters of RAPL by another door, which an
/// administrator can open with a capability instead of a file's mode.
struct PerfEnergy {
  std::vector<std::unique_ptr<EnergySensor>> sensors;
  std::vector<std::string> problems;  ///< With what to do about each.
  std::vector<std::string> absent;    ///< The machine has no such events.
};

/// Opens energy-pkg and energy-ram of every package. `sys` is /sys; `amd` says who made the CPUs.
/// As with RAPL's files, one package that cannot be read leaves no sensor.
PerfEnergy open_perf_energy(const std::filesystem::path& sys, bool amd, const PerfOpener& opener,
                            const Clock& clock);

}  // namespace greentrain
