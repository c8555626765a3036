#pragma once

#include <filesystem>
#include <optional>

#include "core/clock.h"
#include "meter/cpu_power.h"
#include "meter/energy_sensor.h"

namespace greentrain {

/// The CPUs of a machine without a counter, modelled from the time they were busy. Each reading is
/// an interval: lo is idle power, hi full power over the whole time; the figure between them is
/// modelled_power() of the load. CPU packages only: no DRAM, GPU, board or power supply.
class CpuModelSensor final : public EnergySensor {
 public:
  /// `stat` is /proc/stat: the time of the whole machine, whoever used it.
  CpuModelSensor(const CpuPowerRange& range, std::filesystem::path stat, const Clock& clock);
  const SensorInfo& info() const override { return info_; }
  Reading read() override;

 private:
  struct Ticks {
    double busy;
    double total;
  };
  std::optional<Ticks> read_ticks() const;
  /// False if the times stand still or ran backwards, which no running machine does.
  bool update_load(const Ticks& now, Clock::Instant instant);

  SensorInfo info_;
  CpuPowerRange range_;
  std::filesystem::path stat_;
  const Clock& clock_;
  std::optional<Ticks> ticks_;
  Clock::Instant ticks_at_;
  std::optional<Clock::Instant> counted_to_;
  double load_{0};
  Joules joules_;
  Joules lo_;
  Joules hi_;
};

}  // namespace greentrain
