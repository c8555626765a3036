#include "scheduler/govern/carbon_governor.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "core/format.h"
#include "scheduler/govern/in_place.h"

namespace greentrain {
namespace {

using namespace std::chrono_literals;

constexpr Seconds kLookEvery = 15min;
constexpr int kMeasureFor = 3;     ///< Looks before the first plan: the first steps are slow.
constexpr int kDriftEvery = 10;    ///< Looks between two plans for drift.
constexpr double kDrift = 0.05;    ///< Of speed or power.
constexpr Watts kSomePower{1000};  ///< Where nothing measures it: shares do not depend on it.

std::optional<std::size_t> slot_at(const ActivePlan& active, UtcTime now) {
  for (std::size_t slot = 0; slot < active.slots.size(); ++slot) {
    if (active.slots[slot].start <= now && now < active.slots[slot].end()) return slot;
  }
  return std::nullopt;
}

bool drifted(std::optional<Watts> from, std::optional<Watts> to, Watts scale) {
  if (from.has_value() != to.has_value()) return true;
  return from && std::abs((*to - *from).value) > kDrift * scale.value;
}

}  // namespace

CarbonGovernor::CarbonGovernor(Settings settings, const Clock& clock, Outlooker outlooker,
                               OnDecision on_decision)
    : settings_(std::move(settings)),
      clock_(clock),
      outlooker_(std::move(outlooker)),
      on_decision_(std::move(on_decision)),
      pace_(settings_.settle),
      ledger_(std::min<std::chrono::seconds>(settings_.slot, 5min)) {}

UtcTime CarbonGovernor::now() const {
  return std::chrono::floor<std::chrono::seconds>(clock_.date());
}

void CarbonGovernor::observe(const RunProgress& progress) {
  last_ = progress;
  pace_.observe(clock_.now(), progress);
  ledger_.book(now(), progress.joules, progress.paused);
}

Advice CarbonGovernor::advise(const RunProgress& progress) {
  observe(progress);
  const Clock::Instant instant = clock_.now();
  if (due_ && instant < *due_) return advice_;
  due_ = instant + std::chrono::duration_cast<Clock::Instant::duration>(settings_.check_every);
  if (advice_.order == Order::Stop) return advice_;
  if (const auto why = why_stop(now())) {
    stop_reason_ = *why;
    decide({Order::Stop, {}, {}}, *why, now());
    return advice_;
  }
  const auto left = pace_.left();
  const bool measured = left && pace_.running() >= kMeasureFor * settings_.check_every;
  if (!measured || left->count() <= 0) return advice_;
  if (!settings_.deadline) {
    const Seconds at_once = *left * (1 + settings_.margin.value) + *settings_.slack;
    settings_.deadline = now() + std::chrono::ceil<std::chrono::seconds>(at_once);
  }
  const Job rest = rest_of(*left, now());
  if (must_look(*left)) look(rest, now());
  follow_plan(rest, now());
  return advice_;
}

void CarbonGovernor::follow_plan(const Job& rest, UtcTime now) {
  const Advice next = order_at(rest, now);
  const bool late = earliest_end(rest, now) > rest.deadline;
  if (next.order != advice_.order || next.cap != advice_.cap) {
    const bool safe = next.order == Order::Pause || now < last_safe_look(rest);
    decide(next, safe ? reason_ : "the deadline leaves no more room", now);
  } else if (late && !late_) {
    decide(next,
           fmt::format("the deadline may be missed: at this speed training ends up to {}",
                       format_utc(earliest_end(rest, now))),
           now);
  } else {
    advice_.until = next.until;
  }
  late_ = late_ || late;
}

/// The last moment at which a pause may be looked at again.
UtcTime CarbonGovernor::last_safe_look(const Job& rest) const {
  return latest_safe_start(rest) - std::chrono::ceil<std::chrono::seconds>(settings_.check_every);
}

std::optional<std::string> CarbonGovernor::why_stop(UtcTime now) const {
  if (settings_.energy_budget && last_.joules >= *settings_.energy_budget) {
    return fmt::format("the energy budget of {} is used up",
                       format_joules(*settings_.energy_budget));
  }
  const bool over = settings_.deadline && now >= *settings_.deadline;
  if (settings_.at_deadline == AtDeadline::Stop && over) {
    return fmt::format("the deadline {} has come", format_utc(*settings_.deadline));
  }
  return std::nullopt;
}

/// What is left of the run as a job, with speed and power as they were measured.
Job CarbonGovernor::rest_of(Seconds left, UtcTime now) const {
  const auto& [caps, leave] = settings_.abilities;
  const Watts power = pace_.running_power().value_or(kSomePower);
  Job rest;
  rest.id = "of this run";
  rest.release = now;
  rest.deadline = *settings_.deadline;
  rest.work = std::max(left, Seconds{1});
  rest.work_at_most = rest.work * (1 + settings_.margin.value);
  rest.levels = caps.empty() ? std::vector<Level>{{"full power", 1, power, power, 1}}
                             : cap_levels(caps, power);
  if (leave) {
    rest.startup = leave->startup;
    rest.checkpoint = leave->checkpoint;
  } else if (pace_.running_power()) {
    rest.paused_power =
        std::min(power, pace_.paused_power().value_or(settings_.paused_power.value_or(Watts{})));
  }
  rest.paused = last_.paused;
  rest.running_nodes = last_.paused ? 0 : 1;
  return rest;
}

/// After a while, and soon when speed or power turn out to be others than planned with.
bool CarbonGovernor::must_look(Seconds left) const {
  if (!looked_at_ || !active_) return true;
  const Seconds since = clock_.now() - *looked_at_;
  const Seconds slot = settings_.slot;
  if (since >= std::min(std::max(slot, settings_.check_every), kLookEvery)) return true;
  const Watts scale = pace_.running_power().value_or(kSomePower);
  const auto paused_power = pace_.paused_power();
  if (paused_power && !paused_power_at_look_) return true;  // The first pause has told.
  if (since < kDriftEvery * settings_.check_every) return false;
  const Seconds expected = left_at_look_ - (pace_.running() - running_at_look_);
  return std::abs((left - expected).count()) > kDrift * left.count() ||
         drifted(power_at_look_, pace_.running_power(), scale) ||
         drifted(paused_power_at_look_, paused_power, scale);
}

void CarbonGovernor::look(const Job& rest, UtcTime now) {
  looked_at_ = clock_.now();
  left_at_look_ = rest.work;
  running_at_look_ = pace_.running();
  power_at_look_ = pace_.running_power();
  paused_power_at_look_ = pace_.paused_power();
  if (planned_deadline(rest) <= now) {
    active_.reset();
    return;
  }
  auto basis = outlooker_(rest, now);
  if (!basis || basis->slots.empty()) {
    // What was planned goes on, up to the latest moment at which the deadline is safe.
    state_ = "";
    return;
  }
  state_ = enum_name(basis->state);
  if (!active_) return plan_first(rest, std::move(*basis));
  auto next = replan(planner_, rest, *active_, *basis, {}, {settings_.min_gain});
  if (!next) {
    active_.reset();
    return;
  }
  if (next->reason != ReplanReason::Kept) {
    ++plans_;
    reason_ = enum_name(next->reason);
    bound_ = planner_.lower_bound(rest, basis->slots);
  }
  active_ = ActivePlan{std::move(next->plan), std::move(basis->slots)};
}

void CarbonGovernor::plan_first(const Job& rest, PlanBasis basis) {
  auto decided = plan_in_place(planner_, rest, basis, settings_.min_gain);
  if (!decided) return;
  ++plans_;
  reason_ = enum_name(decided->reason);
  bound_ = decided->bound;
  if (!planned_ && pace_.running_power()) {
    const Grams before = last_.joules * basis.slots.front().intensity;
    planned_ = Planned{decided->plan.grams + before, decided->run_now.grams + before,
                       Grams{bound_} + before};
  }
  active_ = ActivePlan{std::move(decided->plan), std::move(basis.slots)};
}

Advice CarbonGovernor::order_at(const Job& rest, UtcTime now) const {
  const Advice run{};
  if (!active_ || settings_.policy == SchedulerPolicy::Observe) return run;
  const UtcTime safe = latest_safe_start(rest);
  const auto slot = slot_at(*active_, now);
  if (!slot || now >= last_safe_look(rest)) return run;
  const SlotLevels& levels = active_->plan.levels;
  if (levels[*slot] != kOff) {
    Advice at_level;
    const auto& caps = settings_.abilities.caps;
    if (!caps.empty()) at_level.cap = Fraction{caps[static_cast<std::size_t>(levels[*slot])].cap};
    return at_level;
  }
  std::size_t next = *slot;
  while (next < levels.size() && levels[next] == kOff) ++next;
  const UtcTime planned = next < levels.size() ? active_->slots[next].start : safe;
  return {settings_.abilities.leave ? Order::Leave : Order::Pause, std::min(planned, safe), {}};
}

void CarbonGovernor::decide(const Advice& advice, const std::string& reason, UtcTime now) {
  advice_ = advice;
  GovernorDecision decision;
  decision.at = now;
  decision.advice = advice;
  decision.reason = reason;
  decision.state = state_;
  decision.steps = last_.steps;
  decision.joules = last_.joules;
  decision.left = pace_.left();
  decision.running_power = pace_.running_power();
  decision.paused_power = pace_.paused_power();
  decision.deadline = settings_.deadline;
  if (active_) {
    decision.planned_end = active_->plan.end;
    if (decision.running_power) {
      decision.expected_grams = active_->plan.grams.value;
      decision.bound_grams = bound_;
    }
  }
  on_decision_(decision);
}

}  // namespace greentrain
