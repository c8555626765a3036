#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "core/clock.h"
#include "core/environment.h"
#include "scheduler/govern/carbon_governor.h"
#include "scheduler/govern/live_zone.h"
#include "scheduler/govern/plan_outcome.h"
#include "scheduler/govern/scheduler_options.h"

namespace greentrain {

/// A training run that follows a plan, as one rank sees it: zone, governor and account, connected.
/// Not thread-safe.
class GovernedRun {
 public:
  struct Hooks {
    std::function<void(const std::string& message)> tell;      ///< For people.
    std::function<void(const std::string& warning)> warn;      ///< From any thread.
    std::function<void(const std::string& json_line)> record;  ///< Each decision.
  };

  /// Throws UsageError for a deadline that has passed or that `scheduler.duration` cannot meet, and
  /// for a feed that cannot be. `meter_period`: how late meters may report.
  GovernedRun(const SchedulerOptions& options, Seconds meter_period, const Environment& environment,
              const Clock& clock, Hooks hooks);

  RunAdviser& adviser() { return governor_; }

  /// Counts the run. Asks the feed once more, for up to two seconds.
  PlanOutcome finish();

  /// After finish(): what can be counted again later. Empty if no intensity is known.
  std::optional<std::string> account_json() const { return account_json_; }

 private:
  std::optional<PlanBasis> basis(const Job& rest, UtcTime now) const;
  void decided(const GovernorDecision& decision);
  void count(PlanOutcome& outcome, const ZoneView& view);
  UtcTime now() const;

  SchedulerOptions options_;
  const Clock& clock_;
  Hooks hooks_;
  LiveZone zone_;
  CarbonGovernor governor_;
  std::optional<std::string> account_json_;
};

/// What is wrong with the text of scheduler.deadline; empty if it names a time.
std::optional<std::string> problem_of_deadline(const SchedulerOptions& options);

/// When the deadline of these options is, read at `now`; empty if they name a slack. Throws
/// UsageError naming the option if it is no time, has passed, or scheduler.duration exceeds it.
std::optional<UtcTime> deadline_of(const SchedulerOptions& options, UtcTime now);

}  // namespace greentrain
