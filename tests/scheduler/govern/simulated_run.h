#pragma once

#include <optional>
#include <string>
#include <vector>

#include "scheduler/govern/carbon_governor.h"
#include "tests/fakes/manual_clock.h"

namespace greentrain {

/// A training run on which time passes step by step, and a grid whose intensity changes each hour.
/// The run asks its governor as a trainer does.
struct SimulatedRun {
  ManualClock clock;
  std::vector<double> hours{400, 400, 100, 100, 400, 400, 400, 400};  ///< g/kWh; then the last one.
  FeedState state{FeedState::Fresh};
  bool feed_is_dead{false};
  CarbonGovernor::Settings settings;
  Seconds step_time{10};
  std::int64_t planned_steps{720};  ///< Two hours.
  Watts running_power{1000};
  Watts paused_power{0};
  std::int64_t steps{0};
  Joules joules;
  std::vector<GovernorDecision> decisions;
  std::optional<CarbonGovernor> governor;
  UtcTime begin{now()};
  UtcTime epoch{std::chrono::floor<std::chrono::hours>(begin)};  ///< A second before.

  SimulatedRun() {
    settings.deadline = epoch + std::chrono::hours{8};
    settings.check_every = Seconds{10};
  }
  UtcTime now() const { return std::chrono::floor<std::chrono::seconds>(clock.date()); }
  std::optional<GramsPerKwh> intensity(UtcTime from) const {
    const auto hour = static_cast<std::size_t>((from - epoch) / std::chrono::hours{1});
    return GramsPerKwh{hours[std::min(hour, hours.size() - 1)]};
  }
  std::optional<PlanBasis> basis(const Job& rest, UtcTime at) const {
    if (feed_is_dead) return std::nullopt;
    PlanBasis made;
    made.slots = make_slots(at, planned_deadline(rest), settings.slot,
                            [this](UtcTime from, UtcTime) { return intensity(from); });
    made.state = state;
    return made;
  }
  CarbonGovernor& start() {
    return governor.emplace(
        settings, clock, [this](const Job& rest, UtcTime at) { return basis(rest, at); },
        [this](const GovernorDecision& decision) { decisions.push_back(decision); });
  }
  /// One step, or ten seconds of a pause; what it was told.
  Advice pass(bool paused) {
    clock.advance(paused ? Seconds{10} : step_time);
    joules += paused ? Seconds{10} * paused_power : step_time * running_power;
    if (!paused) ++steps;
    return governor->advise({steps, planned_steps, joules, paused});
  }
  /// To the end, or until `until`. Returns when it ended.
  UtcTime run(std::optional<UtcTime> until = {}) {
    if (!governor) start();
    bool paused = holds_;
    while (steps < planned_steps && (!until || now() < *until)) {
      const Advice advice = pass(paused);
      paused = advice.order == Order::Pause || advice.order == Order::Leave;
      if (advice.order == Order::Stop) break;
    }
    holds_ = paused;
    return now();
  }
  std::vector<std::string> orders() const {
    std::vector<std::string> all;
    for (const GovernorDecision& decision : decisions) {
      const auto minutes = (decision.at - epoch) / std::chrono::minutes{1};
      all.push_back(std::string(enum_name(decision.advice.order)) + " " + std::to_string(minutes));
    }
    return all;
  }

 private:
  bool holds_{false};
};

}  // namespace greentrain
