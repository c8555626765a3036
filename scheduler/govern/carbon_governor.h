#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "scheduler/govern/energy_ledger.h"
#include "scheduler/govern/governor_decision.h"
#include "scheduler/govern/pace.h"
#include "scheduler/govern/run_adviser.h"
#include "scheduler/govern/scheduler_options.h"
#include "scheduler/plan/levels.h"
#include "scheduler/plan/replan.h"

namespace greentrain {

/// What a run can do besides pausing where it is.
struct RunAbilities {
  /// Time to save a checkpoint and leave the nodes, and to come back.
  struct Leave {
    Seconds checkpoint{0};
    Seconds startup{0};
  };
  std::vector<CapPoint> caps{};  ///< Power caps that it can set, full power first; empty: none.
  std::optional<Leave> leave{};
};

/// Makes a training run follow an exact plan under its deadline: measures speed and power, plans
/// what is left, pauses in dirty hours, plans again when forecast, speed or power change, and runs
/// on when nothing is known. The deadline outranks carbon: as what is left is measured and not
/// believed, it is kept even if the estimate was too low or the feed dies. Not thread-safe.
class CarbonGovernor final : public RunAdviser {
 public:
  struct Settings {
    std::optional<UtcTime> deadline;  ///< One of the two.
    std::optional<Seconds> slack;
    SchedulerPolicy policy{SchedulerPolicy::Pause};
    Fraction min_gain{0.03};
    Fraction margin{0.1};
    std::optional<Watts> paused_power;
    std::optional<Joules> energy_budget;
    AtDeadline at_deadline{AtDeadline::GoOn};
    std::chrono::seconds slot{900};
    Seconds check_every{5};
    Seconds settle{2};  ///< See Pace.
    RunAbilities abilities{};
  };
  /// What is expected for the rest of a job at a moment; empty if nothing is known. Must not block.
  using Outlooker = std::function<std::optional<PlanBasis>(const Job& rest, UtcTime now)>;
  using OnDecision = std::function<void(const GovernorDecision& decision)>;

  CarbonGovernor(Settings settings, const Clock& clock, Outlooker outlooker,
                 OnDecision on_decision);

  Advice advise(const RunProgress& progress) override;

  const Pace& pace() const { return pace_; }
  const std::vector<EnergyPiece>& pieces() const { return ledger_.pieces(); }
  std::optional<UtcTime> deadline() const { return settings_.deadline; }
  const std::string& stop_reason() const { return stop_reason_; }  ///< Empty: it did not stop.

  /// Of the first plan, the energy before it included; empty if none was made or nothing measures.
  struct Planned {
    Grams grams;
    Grams at_once;  ///< Without a pause and a cap, on the same forecast.
    Grams bound;
  };
  const std::optional<Planned>& planned() const { return planned_; }
  int plans() const { return plans_; }

 private:
  UtcTime now() const;
  void observe(const RunProgress& progress);
  std::optional<std::string> why_stop(UtcTime now) const;
  Job rest_of(Seconds left, UtcTime now) const;
  bool must_look(Seconds left) const;
  void look(const Job& rest, UtcTime now);
  void plan_first(const Job& rest, PlanBasis basis);
  void follow_plan(const Job& rest, UtcTime now);
  UtcTime last_safe_look(const Job& rest) const;
  Advice order_at(const Job& rest, UtcTime now) const;
  void decide(const Advice& advice, const std::string& reason, UtcTime now);

  Settings settings_;
  const Clock& clock_;
  Outlooker outlooker_;
  OnDecision on_decision_;
  ExactPlanner planner_{GridSize{256, 4096, 16384}};
  Pace pace_;
  EnergyLedger ledger_;
  RunProgress last_;
  std::optional<Clock::Instant> due_;
  Advice advice_;
  std::optional<ActivePlan> active_;
  std::string state_;
  std::string reason_;
  double bound_{0};
  std::optional<Planned> planned_;
  int plans_{0};
  std::optional<Clock::Instant> looked_at_;
  Seconds left_at_look_{0};
  Seconds running_at_look_{0};
  std::optional<Watts> power_at_look_, paused_power_at_look_;
  bool late_{false};  ///< It has been said that the deadline may be missed.
  std::string stop_reason_;
};

}  // namespace greentrain
