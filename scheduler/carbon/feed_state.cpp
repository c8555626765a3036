#include "scheduler/carbon/feed_state.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace greentrain {
namespace {

constexpr std::size_t kStates = enum_names<FeedState>.size();

constexpr std::array<PlanRights, kStates> kRights{{
    {PlanForecast::Provider, DelayRight::Yes, PauseRight::Yes},
    {PlanForecast::ProviderThenLocal, DelayRight::WithMarginPastProvider,
     PauseRight::WithinProvider},
    {PlanForecast::ProviderThenLocal, DelayRight::OnLocalSkill, PauseRight::No},
    {PlanForecast::ProviderThenLocal, DelayRight::OnLocalSkill, PauseRight::No},
    {PlanForecast::Local, DelayRight::OnLocalSkill, PauseRight::No},
}};

constexpr std::array<std::string_view, kStates> kTriggers{
    "the answer is young and reaches the end of the plan",
    "the answer is young, but its forecast ends before the plan does",
    "the answer is older than the provider's limit (90 min)",
    "the newest answer held something that cannot be and was rejected",
    "no answer ever, or none for 24 h",
};

std::string_view in_words(PlanForecast forecast) {
  switch (forecast) {
    case PlanForecast::Provider:
      return "the provider's";
    case PlanForecast::ProviderThenLocal:
      return "what is left of the provider's, then the local";
    case PlanForecast::Local:
      return "the local";
  }
  return "";
}

std::string_view in_words(DelayRight delay) {
  switch (delay) {
    case DelayRight::Yes:
      return "yes";
    case DelayRight::WithMarginPastProvider:
      return "yes; past the provider's end with a margin";
    case DelayRight::OnLocalSkill:
      return "only if the local forecast has measured skill";
  }
  return "";
}

std::string_view in_words(PauseRight pause) {
  switch (pause) {
    case PauseRight::Yes:
      return "yes";
    case PauseRight::WithinProvider:
      return "yes, before the provider's end";
    case PauseRight::No:
      return "no";
  }
  return "";
}

std::string reason_for(FeedState state, const FeedFacts& facts, const std::string& suspicion) {
  const auto at = [](const std::optional<UtcTime>& time) {
    return time ? format_utc(*time) : std::string("never");
  };
  switch (state) {
    case FeedState::Short:
      return fmt::format("forecast ends {}", at(facts.forecast_end));
    case FeedState::Suspect:
      return suspicion;
    default:
      return fmt::format("last answer generated {}", at(facts.generated_at));
  }
}

}  // namespace

PlanRights plan_rights(FeedState state) { return kRights[static_cast<std::size_t>(state)]; }

std::string plan_rights_table() {
  std::string table =
      "| state | when | forecast of a plan | new delays | new pauses |\n|---|---|---|---|---|\n";
  for (std::size_t state = 0; state < kStates; ++state) {
    table += fmt::format("| {} | {} | {} | {} | {} |\n", enum_names<FeedState>[state],
                         kTriggers[state], in_words(kRights[state].forecast),
                         in_words(kRights[state].delay), in_words(kRights[state].pause));
  }
  return table;
}

FeedState classify(const FeedFacts& facts, const FeedLimits& limits, UtcTime now,
                   std::chrono::seconds horizon) {
  if (!facts.generated_at || now - *facts.generated_at > limits.usable_for) {
    return FeedState::Blind;
  }
  if (facts.last_rejected) return FeedState::Suspect;
  if (now - *facts.generated_at > limits.fresh_for) return FeedState::Stale;
  if (!facts.forecast_end || *facts.forecast_end < now + horizon) return FeedState::Short;
  return FeedState::Fresh;
}

FeedWatch::FeedWatch(std::string zone, FeedLimits limits, std::chrono::seconds horizon,
                     const Clock& clock, OnTransition on_transition)
    : zone_(std::move(zone)),
      limits_(limits),
      horizon_(horizon),
      clock_(clock),
      on_transition_(std::move(on_transition)) {}

void FeedWatch::accept(UtcTime generated_at, std::optional<UtcTime> forecast_end) {
  facts_ = {generated_at, forecast_end, false};
  look();
}

void FeedWatch::reject(const std::string& reason) {
  facts_.last_rejected = true;
  suspicion_ = reason;
  ++rejected_;
  look();
}

FeedState FeedWatch::look() {
  const UtcTime now = std::chrono::floor<std::chrono::seconds>(clock_.date());
  const FeedState state = classify(facts_, limits_, now, horizon_);
  if (state_) {
    // The date may step back when the machine's clock is set; time spent cannot.
    time_in_[static_cast<std::size_t>(*state_)] +=
        std::max(now - looked_at_, std::chrono::seconds{0});
  }
  looked_at_ = now;
  if (state_ != state) {
    const FeedTransition change{zone_, state_, state, now, reason_for(state, facts_, suspicion_)};
    state_ = state;
    on_transition_(change);
  }
  return state;
}

std::chrono::seconds FeedWatch::time_in(FeedState state) const {
  return time_in_[static_cast<std::size_t>(state)];
}

}  // namespace greentrain
