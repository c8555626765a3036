#include "meter/energy_meter.h"

#include <algorithm>
#include <cmath>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <map>
#include <mutex>
#include <thread>

#include "core/error.h"
#include "core/format.h"
#include "meter/energy_window.h"
#include "meter/sensor_account.h"

namespace greentrain {
namespace {

// The check by power is taken over seconds; below this, it cannot tell a fault from a busy device.
constexpr double kAlarmingDifference = 0.05;

Reading lost_reading(const Clock& clock) {
  Reading reading;
  reading.before = reading.after = clock.now();
  return reading;
}

Reading read_or_lose(EnergySensor& sensor, const Clock& clock) {
  try {
    return sensor.read();
  } catch (const std::exception&) {
    return lost_reading(clock);
  }
}

/// Puts what one sensor saw into the report; true if it saw anything.
bool add_component(EnergyReport& report, const std::string& node, const EnergyWindow& window,
                   const Energy& energy) {
  const SensorInfo& info = window.info();
  const int lost = window.lost_readings();
  const auto difference = window.counter_over_integral();
  report.components.push_back({node, info.id, info.device, info.source, energy, lost, difference});
  if (difference && std::abs(*difference) > kAlarmingDifference) {
    report.notes.push_back(info.id + ": its counter and its power added up differ by " +
                           format_percent(std::abs(*difference)) + "; one of them is wrong.");
  }
  if (lost > 0) {
    report.notes.push_back(info.id + ": " + std::to_string(lost) + " readings were lost.");
  }
  if (window.delivered()) return true;
  report.notes.push_back(info.id + " delivered nothing and is not part of the total.");
  report.excludes.insert(report.excludes.end(), info.contains.begin(), info.contains.end());
  return false;
}

/// The longest time between two readings after which every wrap is still certain.
std::chrono::milliseconds period_that_suits(const SensorSet& set,
                                            std::chrono::milliseconds wanted) {
  for (const auto& sensor : set.sensors) {
    const auto longest = sensor->info().longest_period;
    if (!longest) continue;
    wanted = std::min(wanted, std::chrono::duration_cast<std::chrono::milliseconds>(*longest));
  }
  return wanted;
}

}  // namespace

struct EnergyMeter::State {
  State(SensorSet sensor_set, const PhaseTimer& timer, const Clock& time)
      : set(std::move(sensor_set)), phases(timer), clock(time) {}

  // The sensors are touched by the sampling thread alone, without the lock: one may block.
  SensorSet set;
  const PhaseTimer& phases;
  const Clock& clock;
  std::chrono::milliseconds period{};
  std::chrono::milliseconds patience{};
  std::thread thread;

  std::mutex mutex;  ///< Guards all below.
  std::condition_variable changed;
  std::vector<SensorAccount> accounts;
  std::map<WindowId, std::vector<EnergyWindow>> windows;  ///< One of each sensor.
  std::uint64_t last_window{0};
  PhaseSeconds phases_at_start{};
  Clock::Instant last_sample;
  std::uint64_t requested{0};
  std::uint64_t done{0};
  bool reading{false};
  bool stopping{false};

  void run();
  void take_sample(std::unique_lock<std::mutex>& lock);
  bool request_sample();
  void end_thread();
  EnergyReport empty_report(bool blocked) const;
  EnergyReport report(bool blocked);
  EnergyReport end_window(WindowId id, bool blocked);
  std::vector<EnergyWindow> take_window(WindowId id);
};

void EnergyMeter::State::run() {
  std::unique_lock lock(mutex);
  while (true) {
    changed.wait_for(lock, period, [this] { return stopping || requested > done; });
    if (stopping) return;
    const std::uint64_t serving = requested;
    take_sample(lock);
    done = std::max(done, serving);
    changed.notify_all();
  }
}

void EnergyMeter::State::take_sample(std::unique_lock<std::mutex>& lock) {
  reading = true;
  lock.unlock();
  std::vector<Reading> readings;
  readings.reserve(set.sensors.size());
  for (const auto& sensor : set.sensors) readings.push_back(read_or_lose(*sensor, clock));
  lock.lock();
  reading = false;
  if (stopping) return;  // The meter was stopped without this thread: clock and phases may be gone.
  const PhaseSeconds seconds = phases.totals();
  for (std::size_t i = 0; i < readings.size(); ++i) {
    accounts[i].add(readings[i], seconds, phases.current());
    for (auto& [id, window] : windows) window[i].add(readings[i]);
  }
  last_sample = clock.now();
}

/// False when a sensor blocks for longer than `patience`.
bool EnergyMeter::State::request_sample() {
  std::unique_lock lock(mutex);
  const std::uint64_t wanted = ++requested;
  changed.notify_all();
  return changed.wait_for(lock, patience, [&] { return done >= wanted; });
}

void EnergyMeter::State::end_thread() {
  if (!thread.joinable()) return;
  bool idle = false;
  {
    std::unique_lock lock(mutex);
    stopping = true;
    changed.notify_all();
    idle = changed.wait_for(lock, patience, [this] { return !reading; });
  }
  idle ? thread.join() : thread.detach();
}

EnergyReport EnergyMeter::State::empty_report(bool blocked) const {
  EnergyReport report;
  report.excludes = set.excludes;
  report.left_out = set.left_out;
  report.notes = set.notes;
  if (blocked) report.notes.push_back("A sensor was blocked at the end; its last reading is lost.");
  return report;
}

EnergyReport EnergyMeter::State::report(bool blocked) {
  const std::unique_lock lock(mutex);
  const PhaseSeconds seconds = phases.totals();
  const Clock::Instant end = blocked ? clock.now() : last_sample;
  EnergyReport report = empty_report(blocked);
  std::vector<Energy> parts;
  PhaseJoules by_phase{};
  for (SensorAccount& account : accounts) {
    if (blocked) account.add(lost_reading(clock), seconds, phases.current());
    account.close(end, seconds, phases.current());
    if (!add_component(report, set.node, account.window(), account.energy())) continue;
    parts.push_back(account.energy());
    for (std::size_t i = 0; i < by_phase.size(); ++i) by_phase[i] += account.by_phase()[i];
  }
  report.total = sum(parts);
  for (std::size_t i = 0; i < by_phase.size(); ++i) {
    report.phases.push_back({static_cast<Phase>(i), seconds[i] - phases_at_start[i], by_phase[i]});
  }
  make_total_the_sum_of_phases(report);
  return report;
}

EnergyReport EnergyMeter::State::end_window(WindowId id, bool blocked) {
  const std::unique_lock lock(mutex);
  auto window = take_window(id);
  const Clock::Instant end = blocked ? clock.now() : last_sample;
  EnergyReport report = empty_report(blocked);
  std::vector<Energy> parts;
  for (EnergyWindow& part : window) {
    if (blocked) part.add(lost_reading(clock));
    const Energy energy = part.energy(end);
    if (add_component(report, set.node, part, energy)) parts.push_back(energy);
  }
  report.total = sum(parts);
  return report;
}

/// The caller holds the lock.
std::vector<EnergyWindow> EnergyMeter::State::take_window(WindowId id) {
  auto window = windows.extract(id);
  if (window.empty()) {
    throw Error("the energy window " + std::to_string(static_cast<std::uint64_t>(id)) +
                " is not open: begin() opens one, end() and cancel() close it once");
  }
  return std::move(window.mapped());
}

EnergyMeter::EnergyMeter(SensorSet sensors, const MeterOptions& options, const PhaseTimer& phases,
                         const Clock& clock, std::chrono::milliseconds patience)
    : state_(std::make_shared<State>(std::move(sensors), phases, clock)) {
  state_->period = period_that_suits(state_->set, options.period);
  state_->patience = patience;
}

EnergyMeter::~EnergyMeter() { state_->end_thread(); }

void EnergyMeter::start() {
  const Clock::Instant now = state_->clock.now();
  state_->last_sample = now;
  state_->phases_at_start = state_->phases.totals();
  for (const auto& sensor : state_->set.sensors) {
    state_->accounts.emplace_back(sensor->info(), now, state_->phases_at_start);
  }
  state_->thread = std::thread([state = state_] { state->run(); });
  sample();
}

void EnergyMeter::sample() { state_->request_sample(); }

Joules EnergyMeter::so_far() const {
  const std::unique_lock lock(state_->mutex);
  Joules total;
  for (const SensorAccount& account : state_->accounts) total += account.window().counted();
  return total;
}

Watts EnergyMeter::power() const {
  const std::unique_lock lock(state_->mutex);
  Watts total;
  for (const SensorAccount& account : state_->accounts) total += account.power();
  return total;
}

EnergyReport EnergyMeter::stop() {
  const bool blocked = !state_->request_sample();
  state_->end_thread();
  return state_->report(blocked);
}

WindowId EnergyMeter::begin() {
  WindowId id{};
  {
    const std::unique_lock lock(state_->mutex);
    const Clock::Instant now = state_->clock.now();
    id = WindowId{++state_->last_window};
    auto& window = state_->windows[id];
    for (const auto& sensor : state_->set.sensors) window.emplace_back(sensor->info(), now);
  }
  state_->request_sample();
  return id;
}

EnergyReport EnergyMeter::end(WindowId window) {
  const bool blocked = !state_->request_sample();
  return state_->end_window(window, blocked);
}

void EnergyMeter::cancel(WindowId window) {
  const std::unique_lock lock(state_->mutex);
  state_->take_window(window);
}

}  // namespace greentrain
