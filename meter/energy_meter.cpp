#include "meter/energy_meter.h"

#include <algorithm>
#include <ctime>

#include "meter/energy_meter_state.h"

namespace greentrain {
namespace {

constexpr Seconds kLongestLoss{10};
constexpr int kProbes = 400;  // For 2 s: twenty updates of a GPU's counter, or more.

/// At most the time between two readings after which every wrap is still certain.
std::vector<SensorPeriod> periods_of(const SensorSet& set, std::chrono::milliseconds wanted) {
  std::vector<SensorPeriod> periods;
  for (const auto& sensor : set.sensors) {
    const Seconds longest = sensor->info().longest_period.value_or(wanted);
    const auto own = std::chrono::duration_cast<std::chrono::milliseconds>(longest);
    periods.push_back({.length = std::min(wanted, own)});
  }
  return periods;
}

}  // namespace

Seconds time_suspended() {
  timespec with{}, without{};
  clock_gettime(CLOCK_MONOTONIC, &without);
  clock_gettime(CLOCK_BOOTTIME, &with);
  return Seconds(static_cast<double>(with.tv_sec - without.tv_sec) +
                 static_cast<double>(with.tv_nsec - without.tv_nsec) * 1e-9);
}

EnergyMeter::EnergyMeter(SensorSet sensors, const MeterOptions& options, const PhaseTimer& phases,
                         const Clock& clock, std::chrono::milliseconds patience,
                         Suspended suspended)
    : state_(std::make_shared<State>(std::move(sensors), phases, clock)) {
  state_->suspended = std::move(suspended);
  state_->suspended_before = state_->suspended();
  state_->period = options.period;
  state_->periods = periods_of(state_->set, options.period);
  for (const SensorPeriod& own : state_->periods) {
    state_->period = std::min(state_->period, own.length);
  }
  state_->patience = patience;
  state_->required = options.required;
}

EnergyMeter::~EnergyMeter() { state_->end_thread(); }

void EnergyMeter::start() {
  const Clock::Instant now = state_->clock.now();
  state_->last_sample = now;
  state_->phases_at_start = state_->phases.totals();
  for (const auto& sensor : state_->set.sensors) {
    if (sensor->info().probe) state_->probes_left = kProbes;
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
  const std::unique_lock lock(state_->mutex);
  return state_->report(blocked);
}

EnergyReport EnergyMeter::look() const {
  const std::unique_lock lock(state_->mutex);
  return state_->report(/*blocked=*/false);
}

EnergyReport EnergyMeter::look(WindowId window) const {
  const std::unique_lock lock(state_->mutex);
  const auto found = state_->windows.find(window);
  if (found == state_->windows.end()) throw_not_open(window);
  return state_->window_report(found->second, /*blocked=*/false);
}

std::optional<std::string> EnergyMeter::lost_sensor() const {
  const std::unique_lock lock(state_->mutex);
  if (state_->accounts.empty()) return "there is no sensor on this machine";
  if (state_->stuck) return "a sensor does not answer";
  for (const SensorAccount& account : state_->accounts) {
    if (account.lost_since()) return account.window().info().id + " delivers nothing";
  }
  return std::nullopt;
}

bool EnergyMeter::failed() const {
  if (!state_->required) return false;
  const std::unique_lock lock(state_->mutex);
  const Seconds longest = std::max<Seconds>(kLongestLoss, 3 * state_->period);
  const Clock::Instant now = state_->clock.now();
  // A sensor that blocks has no lost reading: then all of them have had none for too long.
  if (now - state_->last_sample > longest) return true;
  return std::any_of(state_->accounts.begin(), state_->accounts.end(), [&](const auto& account) {
    const auto since = account.lost_since();
    return since && now - *since > longest;
  });
}

Watts EnergyMeter::max_power() const {
  Watts total;
  for (const auto& sensor : state_->set.sensors) total += sensor->info().max_power;
  return total;
}

WindowId EnergyMeter::begin() {
  WindowId id{};
  {
    const std::unique_lock lock(state_->mutex);
    const Clock::Instant now = state_->clock.now();
    id = WindowId{++state_->last_window};
    OpenWindow& window = state_->windows[id];
    window.suspended_before = state_->suspended();
    for (const auto& sensor : state_->set.sensors) window.parts.emplace_back(sensor->info(), now);
  }
  state_->request_sample();
  return id;
}

EnergyReport EnergyMeter::end(WindowId window) {
  const bool blocked = !state_->request_sample();
  const std::unique_lock lock(state_->mutex);
  return state_->window_report(state_->take_window(window), blocked);
}

void EnergyMeter::cancel(WindowId window) {
  const std::unique_lock lock(state_->mutex);
  state_->take_window(window);
}

}  // namespace greentrain
