#include "meter/cpu_model_sensor.h"

#include <algorithm>
#include <sstream>

#include "meter/small_file.h"

namespace greentrain {
namespace {

using namespace std::chrono_literals;

// The kernel counts in ticks of 10 ms; times that stand still for much longer are not being
// counted.
constexpr Seconds kStandstill = 1s;

}  // namespace

CpuModelSensor::CpuModelSensor(const CpuPowerRange& range, std::filesystem::path stat,
                               const Clock& clock)
    : info_{.id = "model:cpu",
            .device = "CPU",
            .quality = Quality::Estimated,
            .source = "model from CPU time, no measurement; " + range.source,
            .accuracy = 0,  // Already inside the interval from idle to full power.
            .update_period = Seconds(0),
            .max_power = range.full,
            .contains = {"CPU packages"},
            .parts = {"package:*", "grace:*"}},
      range_(range),
      stat_(std::move(stat)),
      clock_(clock) {}

Reading CpuModelSensor::read() {
  Reading reading;
  reading.before = clock_.now();
  const auto ticks = read_ticks();
  reading.after = clock_.now();
  if (!ticks) return reading;
  if (!update_load(*ticks, reading.after)) return reading;
  const Seconds time = reading.after - counted_to_.value_or(reading.after);
  counted_to_ = reading.after;
  joules_ += std::clamp(modelled_power(range_.nominal, load_), range_.idle, range_.full) * time;
  lo_ += range_.idle * time;
  hi_ += range_.full * time;
  reading.status = ReadStatus::Ok;
  reading.joules = joules_;
  reading.lo = lo_;
  reading.hi = hi_;
  return reading;
}

/// The first line of /proc/stat: cpu user nice system idle iowait irq softirq steal ..., see
/// proc(5). Time stolen by the hypervisor is not this machine's.
std::optional<CpuModelSensor::Ticks> CpuModelSensor::read_ticks() const {
  const auto text = read_small_file(stat_);
  if (!text) return std::nullopt;
  std::istringstream words(*text);
  std::string cpu;
  double user = 0, nice = 0, system = 0, idle = 0, waiting = 0, irq = 0, softirq = 0, stolen = 0;
  if (!(words >> cpu >> user >> nice >> system >> idle >> waiting >> irq >> softirq >> stolen)) {
    return std::nullopt;
  }
  if (cpu != "cpu") return std::nullopt;
  const double busy = user + nice + system + irq + softirq;
  return Ticks{busy, busy + idle + waiting + stolen};
}

bool CpuModelSensor::update_load(const Ticks& now, Clock::Instant instant) {
  const auto before = ticks_;
  if (before && now.total == before->total) return instant - ticks_at_ <= kStandstill;
  ticks_ = now;
  ticks_at_ = instant;
  if (!before) return true;
  if (now.total < before->total || now.busy < before->busy) return false;
  load_ = std::clamp((now.busy - before->busy) / (now.total - before->total), 0.0, 1.0);
  return true;
}

}  // namespace greentrain
