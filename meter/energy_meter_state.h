#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "meter/energy_meter.h"
#include "meter/energy_window.h"
#include "meter/sensor_account.h"

namespace greentrain {

struct OpenWindow {
  std::vector<EnergyWindow> parts;  ///< One of each sensor.
  Seconds suspended_before{0};      ///< Time that the machine had slept when it began.
};

struct SensorPeriod {
  std::chrono::milliseconds length{};  ///< Between two readings.
  std::chrono::steady_clock::time_point due{};
};

/// What an EnergyMeter shares with its thread, which may outlive it.
struct EnergyMeter::State {
  State(SensorSet sensor_set, const PhaseTimer& timer, const Clock& time)
      : set(std::move(sensor_set)), phases(timer), clock(time) {}

  // The sensors are touched by the sampling thread alone, without the lock: one may block.
  SensorSet set;
  const PhaseTimer& phases;
  const Clock& clock;
  std::vector<SensorPeriod> periods;   ///< One of each sensor; the sampling thread's alone.
  std::chrono::milliseconds period{};  ///< The shortest of them.
  std::chrono::milliseconds patience{};
  bool required{false};
  Suspended suspended;
  Seconds suspended_before{0};
  std::thread thread;

  mutable std::mutex mutex;  ///< Guards all below.
  std::condition_variable changed;
  std::vector<SensorAccount> accounts;
  std::map<WindowId, OpenWindow> windows;
  std::uint64_t last_window{0};
  PhaseSeconds phases_at_start{};
  Clock::Instant last_sample;
  std::uint64_t requested{0};
  std::atomic<std::uint64_t> done{0};  ///< Written under the lock; a caller watches it without.
  int probes_left{0};  ///< Readings close together, to see how often counters are updated.
  bool reading{false};
  bool stuck{false};  ///< The reading at work has outlasted a caller's patience.
  bool stopping{false};

  void run();
  void take_sample(std::unique_lock<std::mutex>& lock, bool of_all);
  std::optional<Reading> read_if_due(std::size_t sensor, bool in_any_case);
  void probe(std::unique_lock<std::mutex>& lock);
  bool request_sample();
  bool done_soon(std::uint64_t wanted) const;
  void end_thread();
  EnergyReport empty_report(bool blocked, Seconds slept) const;
  EnergyReport report(bool blocked) const;
  EnergyReport window_report(OpenWindow window, bool blocked) const;
  OpenWindow take_window(WindowId id);
};

Reading lost_reading(const Clock& clock);  ///< As of now.
[[noreturn]] void throw_not_open(WindowId id);

}  // namespace greentrain
