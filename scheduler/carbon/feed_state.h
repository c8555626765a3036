#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>

#include "core/clock.h"
#include "core/config/enum_names.h"
#include "scheduler/carbon/utc_time.h"

namespace greentrain {

/// How far the feed of a zone can be trusted now; docs/carbon.md has the table.
enum class FeedState { Fresh, Short, Stale, Suspect, Blind };
template <>
inline constexpr auto enum_names<FeedState> =
    std::array<std::string_view, 5>{"FRESH", "SHORT", "STALE", "SUSPECT", "BLIND"};

/// Which forecast a plan may use. Local: made here from what was observed (forecast/).
enum class PlanForecast { Provider, ProviderThenLocal, Local };
/// Whether a plan may delay a start for carbon. The gain must exceed the configured minimum always.
enum class DelayRight { Yes, WithMarginPastProvider, OnLocalSkill };
/// Whether a plan may pause a running job that was not to be paused before.
enum class PauseRight { Yes, WithinProvider, No };

/// What a plan may do in one state.
struct PlanRights {
  PlanForecast forecast;
  DelayRight delay;
  PauseRight pause;

  bool operator==(const PlanRights&) const = default;
};
PlanRights plan_rights(FeedState state);

/// The table of docs/carbon.md: one Markdown row per state, header first.
std::string plan_rights_table();

/// When a feed's answer counts as old.
struct FeedLimits {
  std::chrono::seconds fresh_for{std::chrono::minutes{90}};  ///< Since it was generated.
  std::chrono::seconds usable_for{std::chrono::hours{24}};   ///< After this, BLIND.
};

/// What is known about the feed of one zone.
struct FeedFacts {
  std::optional<UtcTime> generated_at;  ///< Of the last answer that was accepted.
  std::optional<UtcTime> forecast_end;  ///< Of the provider's forecast in it, if it had one.
  bool last_rejected{false};            ///< The newest answer held something that cannot be.
};

/// The state at `now` for a plan that looks `horizon` ahead. Pure. The worst that holds wins:
/// BLIND, SUSPECT, STALE, SHORT, FRESH.
FeedState classify(const FeedFacts& facts, const FeedLimits& limits, UtcTime now,
                   std::chrono::seconds horizon);

struct FeedTransition {
  std::string zone;
  std::optional<FeedState> from;  ///< Empty at the first look.
  FeedState to;
  UtcTime at;
  std::string reason;
};

/// The state of one zone over time: told what the feed answered, it reports each change once and
/// adds up the time spent in each state. A failed poll is not told: it only lets the facts age.
/// Not thread-safe.
class FeedWatch {
 public:
  using OnTransition = std::function<void(const FeedTransition&)>;
  FeedWatch(std::string zone, FeedLimits limits, std::chrono::seconds horizon, const Clock& clock,
            OnTransition on_transition);

  void accept(UtcTime generated_at, std::optional<UtcTime> forecast_end);
  void reject(const std::string& reason);  ///< The last accepted answer stays in use.
  FeedState look();                        ///< The state now; call it before each decision.

  const FeedFacts& facts() const { return facts_; }
  std::size_t rejected() const { return rejected_; }
  std::chrono::seconds time_in(FeedState state) const;  ///< Up to the last look.

 private:
  std::string zone_;
  FeedLimits limits_;
  std::chrono::seconds horizon_;
  const Clock& clock_;
  OnTransition on_transition_;
  FeedFacts facts_;
  std::string suspicion_;
  std::size_t rejected_{0};
  std::optional<FeedState> state_;
  UtcTime looked_at_;
  std::array<std::chrono::seconds, enum_names<FeedState>.size()> time_in_{};
};

}  // namespace greentrain
