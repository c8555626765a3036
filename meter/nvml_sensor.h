#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/clock.h"
#include "meter/counter.h"
#include "meter/energy_sensor.h"
#include "meter/nvml_library.h"
#include "meter/power_total.h"
#include "meter/update_period.h"

namespace greentrain {

/// The energy counter of one NVIDIA GPU, in steps of about 100 ms; where there is none (before
/// Volta), its power added up. The power at each reading is added up as a check of the counter.
class NvmlSensor final : public EnergySensor {
 public:
  NvmlSensor(std::shared_ptr<const NvmlLibrary> library, NvmlGpu gpu, const Clock& clock);
  const SensorInfo& info() const override { return info_; }
  Reading read() override;
  bool probe() override;

 private:
  NvmlSample sample();
  bool count(Joules energy, Clock::Instant before, Clock::Instant after);

  std::shared_ptr<const NvmlLibrary> library_;
  NvmlGpu gpu_;
  const Clock& clock_;
  SensorInfo info_;
  bool counter_;  ///< The GPU has an energy counter.
  CounterTotal total_;
  PowerTotal power_;
  PowerTotal check_;
  std::optional<Watts> momentary_;  ///< As last read, at power_read_.
  Clock::Instant power_read_;
  UpdatePeriod updates_;
};

/// The GPUs of a machine.
struct NvmlGpus {
  std::vector<std::unique_ptr<EnergySensor>> sensors;
  std::vector<std::string> problems;  ///< With what to do about each.
  std::vector<std::string> unseen;    ///< GPUs that are there and not measured.
};

/// Opens every GPU that NVML shows. Without the library there is one problem and no sensor.
NvmlGpus open_nvml_gpus(const std::string& library, const Clock& clock);

/// The same on a thread of its own, which is left behind if the driver does not answer for
/// `patience`: then there is one problem and no sensor.
NvmlGpus open_nvml_gpus_within(std::chrono::milliseconds patience, const std::string& library,
                               const Clock& clock);

}  // namespace greentrain
