#include "scheduler/govern/governed_run.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/format.h"
#include "scheduler/carbon/default_store.h"
#include "scheduler/cli/local_time.h"
#include "scheduler/govern/in_place.h"
#include "scheduler/govern/run_account_file.h"

namespace greentrain {
namespace {

using namespace std::chrono_literals;

constexpr auto kPatience = 2s;

std::chrono::seconds whole_seconds(std::chrono::milliseconds time) {
  return std::max<std::chrono::seconds>(1s, std::chrono::duration_cast<std::chrono::seconds>(time));
}

UtcTime now_of(const Clock& clock) {
  return std::chrono::floor<std::chrono::seconds>(clock.date());
}

LiveZone::Setup zone_setup(const SchedulerOptions& options, const Environment& environment,
                           UtcTime now, std::function<void(const std::string&)> warn) {
  LiveZone::Setup setup;
  setup.zone = options.zone;
  setup.feed.feed = options.feed;
  setup.feed.file = options.file;
  if (!options.store.empty()) {
    setup.store = options.store;
  } else {  // What is read from a file is no news to be kept.
    setup.store = options.file.empty() ? default_store(environment) : ":memory:";
  }
  const auto deadline = deadline_of(options, now);
  const std::chrono::milliseconds length =
      options.duration.value_or(0ms) + options.slack.value_or(0ms);
  const auto ahead = deadline ? *deadline - now : whole_seconds(length);
  setup.horizon = std::clamp(std::chrono::ceil<std::chrono::hours>(ahead) + 1h,
                             std::chrono::hours{2}, std::chrono::hours{240});
  setup.look_every = std::min<std::chrono::milliseconds>(options.check_every, 5s);
  setup.warn = std::move(warn);
  return setup;
}

CarbonGovernor::Settings governor_settings(const SchedulerOptions& options, Seconds meter_period,
                                           UtcTime now) {
  CarbonGovernor::Settings settings;
  settings.deadline = deadline_of(options, now);
  if (options.slack) settings.slack = *options.slack;
  settings.policy = options.policy;
  settings.min_gain = options.min_gain;
  settings.margin = options.margin;
  settings.paused_power = options.paused_power;
  settings.energy_budget = options.energy_budget;
  settings.at_deadline = options.at_deadline;
  settings.slot = whole_seconds(options.slot);
  settings.check_every = options.check_every;
  settings.settle = 2 * meter_period;
  return settings;
}

std::string when(UtcTime time) {
  return fmt::format("{} ({})", format_local(time), format_utc(time));
}

std::string decision_text(const GovernorDecision& decision) {
  switch (decision.advice.order) {
    case Order::Run:
      return fmt::format("runs: {}", decision.reason);
    case Order::Stop:
      return fmt::format("stops: {}", decision.reason);
    case Order::Pause:
    case Order::Leave:
      break;
  }
  std::string text = "pauses";
  if (decision.advice.until) text += " until " + when(*decision.advice.until);
  if (decision.planned_end) text += fmt::format(", to end at {}", when(*decision.planned_end));
  return text + fmt::format(": {} ({})", decision.reason, decision.state);
}

template <class Value, class Write>
nlohmann::ordered_json or_null(const std::optional<Value>& value, Write write) {
  return value ? nlohmann::ordered_json(write(*value)) : nlohmann::ordered_json(nullptr);
}

std::string decision_json(const GovernorDecision& decision) {
  const auto number = [](auto quantity) { return quantity.value; };
  const auto same = [](double value) { return value; };
  return nlohmann::ordered_json{
      {"by", "scheduler"},
      {"at", format_utc(decision.at)},
      {"order", enum_name(decision.advice.order)},
      {"until", or_null(decision.advice.until, format_utc)},
      {"reason", decision.reason},
      {"state", decision.state},
      {"step", decision.steps},
      {"joules", decision.joules.value},
      {"left_s", or_null(decision.left, [](Seconds left) { return left.count(); })},
      {"running_w", or_null(decision.running_power, number)},
      {"paused_w", or_null(decision.paused_power, number)},
      {"deadline", or_null(decision.deadline, format_utc)},
      {"planned_end", or_null(decision.planned_end, format_utc)},
      {"expected_grams", or_null(decision.expected_grams, same)},
      {"bound_grams", or_null(decision.bound_grams, same)}}
      .dump();
}

}  // namespace

std::optional<std::string> problem_of_deadline(const SchedulerOptions& options) {
  try {
    parse_moment("scheduler.deadline", options.deadline, UtcTime{});
  } catch (const UsageError& error) {
    return error.what();
  }
  return std::nullopt;
}

std::optional<UtcTime> deadline_of(const SchedulerOptions& options, UtcTime now) {
  if (options.deadline.empty()) return std::nullopt;
  const UtcTime deadline = parse_moment("scheduler.deadline", options.deadline, now);
  if (deadline <= now) {
    throw UsageError(fmt::format("scheduler.deadline {} has passed, it is {}", format_utc(deadline),
                                 format_utc(now)));
  }
  const UtcTime earliest = now + whole_seconds(options.duration.value_or(0ms));
  if (options.duration && earliest > deadline) {
    throw UsageError(fmt::format(
        "scheduler.deadline {} cannot be met: scheduler.duration is {}, so the earliest possible "
        "end is {}; give it that deadline or a later one",
        format_utc(deadline), format_duration(*options.duration), format_utc(earliest)));
  }
  return deadline;
}

GovernedRun::GovernedRun(const SchedulerOptions& options, Seconds meter_period,
                         const Environment& environment, const Clock& clock, Hooks hooks)
    : options_(options),
      clock_(clock),
      hooks_(std::move(hooks)),
      zone_(zone_setup(options, environment, now_of(clock), hooks_.warn), environment, clock),
      governor_(
          governor_settings(options, meter_period, now_of(clock)), clock,
          [this](const Job& rest, UtcTime at) { return basis(rest, at); },
          [this](const GovernorDecision& decision) { decided(decision); }) {
  const auto deadline = governor_.deadline();
  hooks_.tell(fmt::format("follows the carbon plan of {}, {}", options.zone,
                          deadline ? "deadline " + when(*deadline)
                                   : fmt::format("slack {}, counted once its speed is measured",
                                                 format_duration(options.slack.value_or(0ms)))));
}

UtcTime GovernedRun::now() const { return now_of(clock_); }

std::optional<PlanBasis> GovernedRun::basis(const Job& rest, UtcTime now) const {
  const auto view = zone_.view();
  if (!view || !view->outlook) return std::nullopt;
  try {
    return make_basis(rest, *view->outlook, view->state, now,
                      slot_of(options_, rest.deadline - now));
  } catch (const Error&) {  // The outlook knows no slot of the time that is left.
    return std::nullopt;
  }
}

void GovernedRun::decided(const GovernorDecision& decision) {
  hooks_.tell(decision_text(decision));
  hooks_.record(decision_json(decision));
}

PlanOutcome GovernedRun::finish() {
  PlanOutcome outcome;
  outcome.zone = options_.zone;
  outcome.policy = enum_name(options_.policy);
  outcome.deadline = governor_.deadline();
  outcome.ended_at = now();
  outcome.paused = governor_.pace().paused();
  outcome.pauses = governor_.pace().pauses();
  outcome.plans = governor_.plans();
  outcome.planned = governor_.planned();
  outcome.stopped = governor_.stop_reason();
  if (const auto view = zone_.last_view(kPatience)) count(outcome, *view);
  return outcome;
}

void GovernedRun::count(PlanOutcome& outcome, const ZoneView& view) {
  outcome.signal = to_string(view.signal);
  outcome.time_in = view.time_in;
  const auto& pieces = governor_.pieces();
  if (pieces.empty() || !governor_.pace().running_power()) return;
  const auto known = known_carbon(view, pieces.front().from, pieces.back().to, now());
  if (!known) return;
  outcome.carbon = count_run(pieces, known->known, known->observed);
  RunAccountFile account;
  account.signal = view.signal;
  account.store = options_.store;
  if (outcome.planned) account.planned = outcome.planned->grams;
  account.pieces = pieces;
  account.expected = view.expected;
  account.counts = {{now(), *outcome.carbon}};
  account_json_ = account.to_json();
}

}  // namespace greentrain
