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

/// What an EnergyMeter shares with its thread, which may outlive it.
struct EnergyMeter::State {
  State(SensorSet sensor_set, const PhaseTimer& timer, const Clock& time)
      : set(std::move(sensor_set)), phases(timer), clock(time) {}

  // The sensors are touched by the sampling thread alone, without the lock: one may block.
  SensorSet set;
  const PhaseTimer& phases;
  const Clock& clock;
  std::chrono::milliseconds period{};
  std::chrono::milliseconds patience{};
  bool required{false};
  Suspended suspended;
  Seconds suspended_before{0};
  std::thread thread;

  mutable std::mutex mutex;  ///< Guards all below.
  std::condition_variable changed;
  std::vector<SensorAccount> accounts;
  std::map<WindowId, std::vector<EnergyWindow>> windows;  ///< One of each sensor.
  std::uint64_t last_window{0};
  PhaseSeconds phases_at_start{};
  Clock::Instant last_sample;
  std::uint64_t requested{0};
  std::atomic<std::uint64_t> done{0};  ///< Written under the lock; a caller watches it without.
  int probes_left{0};  ///< Readings close together, to see how often counters are updated.
  bool reading{false};
  bool stopping{false};

  void run();
  void take_sample(std::unique_lock<std::mutex>& lock);
  void probe(std::unique_lock<std::mutex>& lock);
  bool request_sample();
  bool done_soon(std::uint64_t wanted) const;
  void end_thread();
  EnergyReport empty_report(bool blocked) const;
  EnergyReport report(bool blocked) const;
  EnergyReport window_report(std::vector<EnergyWindow> window, bool blocked) const;
  std::vector<EnergyWindow> take_window(WindowId id);
};

Reading lost_reading(const Clock& clock);  ///< As of now.
[[noreturn]] void throw_not_open(WindowId id);

}  // namespace greentrain
