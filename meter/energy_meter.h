#pragma once

#include <chrono>
#include <cstdint>
#include <memory>

#include "core/clock.h"
#include "core/units.h"
#include "meter/energy_report.h"
#include "meter/meter_options.h"
#include "meter/phase_timer.h"
#include "meter/sensors.h"

namespace greentrain {

/// A window of energy of an EnergyMeter, from begin() to end() or cancel().
enum class WindowId : std::uint64_t {};

/// Samples sensors on a thread of its own and adds up what they say, by sensor and by phase.
/// One per node. All methods may be called from any thread. No sensor can stop the run: one that
/// throws has lost a reading; one that blocks is waited for up to `patience`, after which the call
/// goes on with what was read before. The thread is then left behind, and needs `clock` until
/// that sensor returns.
class EnergyMeter {
 public:
  EnergyMeter(SensorSet sensors, const MeterOptions& options, const PhaseTimer& phases,
              const Clock& clock, std::chrono::milliseconds patience = std::chrono::seconds(2));
  ~EnergyMeter();  ///< Stops the thread.
  EnergyMeter(const EnergyMeter&) = delete;
  EnergyMeter& operator=(const EnergyMeter&) = delete;

  void start();           ///< Starts the sampling thread and waits for the first reading.
  void sample();          ///< One reading of every sensor now. Blocks until it is done.
  Joules so_far() const;  ///< Up to the last sample.
  Watts power() const;    ///< Mean over the last sampling interval.
  EnergyReport stop();    ///< Last reading and the report; call once, after start().

  /// Windows may overlap freely, and any number may be open. Each end takes a reading of every
  /// sensor and blocks until it is done; in between the window costs nothing but memory.
  WindowId begin();
  EnergyReport end(WindowId window);  ///< Without phases. Throws Error if it is not open.
  void cancel(WindowId window);       ///< As if it had never been. Throws Error if it is not open.

 private:
  struct State;
  std::shared_ptr<State> state_;  ///< Shared with the thread, which may outlive the meter.
};

}  // namespace greentrain
