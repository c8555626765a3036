#pragma once

#include <memory>
#include <vector>

#include "core/clock.h"
#include "core/units.h"
#include "meter/energy_report.h"
#include "meter/energy_sensor.h"
#include "meter/meter_options.h"
#include "meter/phase_timer.h"

namespace greentrain {

/// Samples sensors on a thread of its own and adds up what they say, by sensor and by phase.
/// One per node. All methods may be called from any thread.
class EnergyMeter {
 public:
  EnergyMeter(std::vector<std::unique_ptr<EnergySensor>> sensors, const MeterOptions& options,
              const PhaseTimer& phases, const Clock& clock);
  ~EnergyMeter();  ///< Stops the thread.

  void start();               ///< First reading, then the sampling thread.
  void sample();              ///< One reading of every sensor now.
  Joules so_far() const;      ///< Up to the last sample.
  Watts power() const;        ///< Mean over the last sampling interval.
  EnergyReport stop();        ///< Last reading and the report; call once.

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace greentrain
