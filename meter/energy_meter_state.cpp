#include "meter/energy_meter_state.h"

#include <algorithm>
#include <exception>
#include <string>
#include <utility>

#include "core/error.h"
#include "core/format.h"
#include "meter/energy_component.h"

namespace greentrain {
namespace {

constexpr std::chrono::milliseconds kProbePeriod{5};
constexpr std::chrono::microseconds kSpin{50};
constexpr Seconds kShortestSleep{0.5};  // The clocks that show it are not read at once.

Reading read_or_lose(EnergySensor& sensor, const Clock& clock) {
  try {
    return sensor.read();
  } catch (const std::exception&) {
    return lost_reading(clock);
  }
}

/// Without what may have been drawn while the machine slept: a counter may have gone on or not.
Energy awake(Energy energy, const SensorInfo& sensor, Seconds slept) {
  if (slept <= kShortestSleep || energy.quality == Quality::Unmeasured) return energy;
  energy.lo = std::max(Joules{}, energy.lo - sensor.max_power * slept);
  energy.quality = std::max(energy.quality, Quality::Estimated);
  return energy;
}

}  // namespace

Reading lost_reading(const Clock& clock) {
  Reading reading;
  reading.before = reading.after = clock.now();
  return reading;
}

void throw_not_open(WindowId id) {
  throw Error("the energy window " + std::to_string(static_cast<std::uint64_t>(id)) +
              " is not open: begin() opens one, end() and cancel() close it once");
}

void EnergyMeter::State::run() {
  std::unique_lock lock(mutex);
  auto sampled = std::chrono::steady_clock::now();
  while (true) {
    const auto due = [this] { return stopping || requested > done; };
    if (probes_left > 0 && !changed.wait_for(lock, kProbePeriod, due)) {
      probe(lock);
      if (std::chrono::steady_clock::now() - sampled < period) continue;
    } else if (probes_left == 0) {
      changed.wait_for(lock, period, due);
    }
    if (stopping) return;
    sampled = std::chrono::steady_clock::now();
    const std::uint64_t serving = requested;
    take_sample(lock, /*of_all=*/serving > done);
    done = std::max(done.load(), serving);
    changed.notify_all();
  }
}

/// Power that is added up is read ten times as often as counters.
std::optional<Reading> EnergyMeter::State::read_if_due(std::size_t sensor, bool in_any_case) {
  SensorPeriod& own = periods[sensor];
  const auto now = std::chrono::steady_clock::now();
  if (!in_any_case && now < own.due) return std::nullopt;
  own.due = now + own.length - period / 2;  // Half a look early is better than half a look late.
  return read_or_lose(*set.sensors[sensor], clock);
}

void EnergyMeter::State::take_sample(std::unique_lock<std::mutex>& lock, bool of_all) {
  reading = true;
  lock.unlock();
  std::vector<std::optional<Reading>> readings;
  readings.reserve(set.sensors.size());
  for (std::size_t i = 0; i < set.sensors.size(); ++i) readings.push_back(read_if_due(i, of_all));
  lock.lock();
  reading = stuck = false;
  if (stopping) return;  // The meter was stopped without this thread: clock and phases may be gone.
  const PhaseSeconds seconds = phases.totals();
  bool complete = true;
  for (std::size_t i = 0; i < readings.size(); ++i) {
    complete = complete && readings[i];
    if (!readings[i]) continue;
    accounts[i].add(*readings[i], seconds, phases.current());
    for (auto& [id, window] : windows) window.parts[i].add(*readings[i]);
  }
  if (complete) last_sample = clock.now();
}

/// Readings add up inside the sensor: what they say comes with its next one.
void EnergyMeter::State::probe(std::unique_lock<std::mutex>& lock) {
  --probes_left;
  reading = true;
  lock.unlock();
  bool more = false;
  for (const auto& sensor : set.sensors) {
    if (!sensor->info().probe) continue;
    try {
      more = sensor->probe() || more;
    } catch (const std::exception&) {  // It is lost in the next reading, too.
    }
  }
  lock.lock();
  if (!more) probes_left = 0;
  reading = stuck = false;
  changed.notify_all();
}

/// False when a sensor blocks for longer than `patience`.
bool EnergyMeter::State::request_sample() {
  std::uint64_t wanted = 0;
  {
    const std::lock_guard lock(mutex);
    if (stuck) return false;  // Nobody waits for it twice.
    wanted = ++requested;
  }
  changed.notify_all();
  if (done_soon(wanted)) return true;
  std::unique_lock lock(mutex);
  if (changed.wait_for(lock, patience, [&] { return done >= wanted; })) return true;
  stuck = reading;
  return false;
}

/// Most readings take less time than to sleep and be woken.
bool EnergyMeter::State::done_soon(std::uint64_t wanted) const {
  const auto end = std::chrono::steady_clock::now() + kSpin;
  while (done.load(std::memory_order_acquire) < wanted) {
    if (std::chrono::steady_clock::now() > end) return false;
  }
  return true;
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

EnergyReport EnergyMeter::State::empty_report(bool blocked, Seconds slept) const {
  EnergyReport report;
  report.excludes = set.excludes;
  report.left_out = set.left_out;
  report.notes = set.notes;
  if (blocked) report.notes.push_back("A sensor was blocked at the end; its last reading is lost.");
  if (slept > kShortestSleep) {
    report.excludes.push_back("the time that the machine slept");
    report.notes.push_back(set.node + " slept for " + format_duration(slept) +
                           "; counters that went on or restarted meanwhile blur what is left.");
  }
  return report;
}

/// The caller holds the lock. The accounts stay open: the run may go on.
EnergyReport EnergyMeter::State::report(bool blocked) const {
  const PhaseSeconds seconds = phases.totals();
  const Clock::Instant end = blocked ? clock.now() : last_sample;
  const Seconds slept = suspended() - suspended_before;
  EnergyReport report = empty_report(blocked, slept);
  std::vector<Energy> parts;
  PhaseJoules by_phase{};
  for (SensorAccount account : accounts) {
    if (blocked) account.add(lost_reading(clock), seconds, phases.current());
    account.close(end, seconds, phases.current());
    const Energy energy = awake(account.energy(), account.window().info(), slept);
    if (!add_component(report, set.node, account.window(), energy)) continue;
    parts.push_back(energy);
    for (std::size_t i = 0; i < by_phase.size(); ++i) by_phase[i] += account.by_phase()[i];
  }
  report.total = sum(parts);
  for (std::size_t i = 0; i < by_phase.size(); ++i) {
    report.phases.push_back({static_cast<Phase>(i), seconds[i] - phases_at_start[i], by_phase[i]});
  }
  make_total_the_sum_of_phases(report);
  return report;
}

/// The caller holds the lock.
EnergyReport EnergyMeter::State::window_report(OpenWindow window, bool blocked) const {
  const Clock::Instant end = blocked ? clock.now() : last_sample;
  const Seconds slept = suspended() - window.suspended_before;
  EnergyReport report = empty_report(blocked, slept);
  std::vector<Energy> parts;
  for (EnergyWindow& part : window.parts) {
    if (blocked) part.add(lost_reading(clock));
    const Energy energy = awake(part.energy(end), part.info(), slept);
    if (add_component(report, set.node, part, energy)) parts.push_back(energy);
  }
  report.total = sum(parts);
  return report;
}

/// The caller holds the lock.
OpenWindow EnergyMeter::State::take_window(WindowId id) {
  auto window = windows.extract(id);
  if (window.empty()) throw_not_open(id);
  return std::move(window.mapped());
}

}  // namespace greentrain
