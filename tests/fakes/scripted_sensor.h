#pragma once

#include <functional>
#include <string>
#include <utility>

#include "core/clock.h"
#include "meter/energy_sensor.h"

namespace greentrain {

/// A sensor that does what a test says: joules since the start as a function of time, and a hook
/// before each reading that may lose it, throw or block.
class ScriptedSensor final : public EnergySensor {
 public:
  using Joule = std::function<Joules(Seconds since_start)>;
  using Hook = std::function<ReadStatus()>;

  ScriptedSensor(
      SensorInfo info, const Clock& clock, Joule joules, Hook hook = [] { return ReadStatus::Ok; })
      : info_(std::move(info)),
        clock_(clock),
        start_(clock.now()),
        joules_(std::move(joules)),
        hook_(std::move(hook)) {}

  const SensorInfo& info() const override { return info_; }

  Reading read() override {
    Reading reading;
    reading.before = clock_.now();
    reading.status = hook_();
    reading.after = clock_.now();
    reading.joules = joules_(reading.after - start_);
    reading.lo = reading.joules;
    reading.hi = reading.joules;
    return reading;
  }

 private:
  SensorInfo info_;
  const Clock& clock_;
  Clock::Instant start_;
  Joule joules_;
  Hook hook_;
};

/// A measured counter of at most 100 W.
inline SensorInfo scripted_info(std::string id) {
  SensorInfo info;
  info.id = id;
  info.device = "device " + id;
  info.quality = Quality::Measured;
  info.source = "script";
  info.max_power = Watts{100};
  info.contains = {"device " + id};
  return info;
}

}  // namespace greentrain
