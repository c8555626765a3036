#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "core/clock.h"
#include "meter/energy_sensor.h"
#include "meter/nvml_library.h"

namespace greentrain {

/// Board power by the name of a GPU or of a part of one ("GRID T4-16Q"), from
/// meter/data/gpu_power.csv.
std::optional<Watts> gpu_board_power(std::string_view name);

/// Linear between a tenth of the full power and all of it, with `utilization` from 0 to 1. Source:
/// Cloud Carbon Footprint, core 0.17.3, ComputeEstimator.ts: min + utilization x (max - min); the
/// tenth as in CodeCarbon's model of CPUs.
Watts modelled_gpu_power(Watts full, double utilization);

/// A GPU that shows neither energy nor power, but how busy it is, as in a virtual machine that has
/// a part of one: modelled, between nothing and more than the board's power.
class GpuModelSensor final : public EnergySensor {
 public:
  /// `full` is the board's power or its limit.
  GpuModelSensor(std::shared_ptr<const NvmlLibrary> library, NvmlGpu gpu, Watts full,
                 const Clock& clock);
  const SensorInfo& info() const override { return info_; }
  Reading read() override;

 private:
  std::shared_ptr<const NvmlLibrary> library_;
  NvmlGpu gpu_;
  Watts full_;
  const Clock& clock_;
  SensorInfo info_;
  std::optional<Clock::Instant> counted_to_;
  Joules joules_;
  Joules hi_;
};

}  // namespace greentrain
