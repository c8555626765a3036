#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/clock.h"
#include "core/units.h"
#include "meter/energy_report.h"
#include "meter/meter_options.h"
#include "meter/phase_timer.h"
#include "meter/sensors.h"

namespace greentrain {

/// Time since boot that Clock::now() does not count, because the machine slept.
Seconds time_suspended();

/// A window of energy of an EnergyMeter, from begin() to end() or cancel().
enum class WindowId : std::uint64_t {};

/// Samples sensors on a thread of its own and adds up what they say, by sensor and by phase.
/// One per node. All methods may be called from any thread. No sensor can stop the run: one that
/// throws has lost a reading; one that blocks is waited for up to `patience`, after which the call
/// goes on with what was read before. The thread is then left behind, and needs `clock` until
/// that sensor returns.
class EnergyMeter {
 public:
  using Suspended = std::function<Seconds()>;  ///< Time that the machine slept since it booted.
  EnergyMeter(SensorSet sensors, const MeterOptions& options, const PhaseTimer& phases,
              const Clock& clock, std::chrono::milliseconds patience = std::chrono::seconds(2),
              Suspended suspended = time_suspended);
  ~EnergyMeter();  ///< Stops the thread.
  EnergyMeter(const EnergyMeter&) = delete;
  EnergyMeter& operator=(const EnergyMeter&) = delete;

  void start();               ///< Starts the sampling thread and waits for the first reading.
  void sample();              ///< One reading of every sensor now. Blocks until it is done.
  Joules so_far() const;      ///< Up to the last sample.
  Watts power() const;        ///< Mean over the last sampling interval.
  EnergyReport stop();        ///< Last reading and the report; call once, after start().
  EnergyReport look() const;  ///< What stop() would say now. Takes no reading.
  /// Which sensor's last reading was lost, or that there is none; nullopt if all delivered.
  std::optional<std::string> lost_sensor() const;
  /// MeterOptions::required is set, and a sensor has delivered nothing for ten seconds and three
  /// periods.
  bool failed() const;
  Watts max_power() const;  ///< More than all sensors together can see drawn.

  /// Windows may overlap freely, and any number may be open. Each end takes a reading of every
  /// sensor and blocks until it is done; in between the window costs nothing but memory.
  WindowId begin();
  EnergyReport end(WindowId window);         ///< Without phases. Throws Error if it is not open.
  EnergyReport look(WindowId window) const;  ///< What end() would say now. Takes no reading.
  void cancel(WindowId window);  ///< As if it had never been. Throws Error if it is not open.

 private:
  struct State;
  std::shared_ptr<State> state_;  ///< Shared with the thread, which may outlive the meter.
};

}  // namespace greentrain
