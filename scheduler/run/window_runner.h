#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "scheduler/govern/energy_ledger.h"
#include "scheduler/plan/replan.h"
#include "scheduler/run/run_host.h"

namespace greentrain {

/// Waits for the best window of a job, runs its command and, on request, pauses it in dirty hours.
/// The deadline outranks carbon: without a forecast the command starts at once, and it always
/// starts by latest_safe_start(). Not thread-safe; everything happens in run().
class WindowRunner {
 public:
  /// What is expected for the rest of a job at a moment; empty if nothing is known.
  /// May throw UsageError the first time; a feed that fails later must not end a run.
  using Outlooker = std::function<std::optional<PlanBasis>(const Job& job, UtcTime now)>;
  using Tell = std::function<void(const std::string& message)>;

  struct Settings {
    PolicySettings policy;
    ReplanSettings replan;
    std::chrono::seconds look_every{std::chrono::minutes{15}};  ///< For new forecasts.
  };

  /// `host` must outlive it.
  WindowRunner(Job job, RunHost& host, Outlooker outlooker, Settings settings, Tell tell);

  /// Returns the exit code: the command's, or 130 or 143 if a signal came before it started.
  int run();

  /// What run() did from its begin to the end of the command: waiting and pauses, and running, with
  /// the energy of the job's powers as given; nothing is metered.
  const std::vector<EnergyPiece>& pieces() const { return pieces_; }
  /// What the first plan expected to emit; empty if there was none.
  std::optional<Grams> planned() const { return planned_; }

 private:
  enum class Wait { Over, Interrupted, Terminated };

  UtcTime now() const;
  Job rest_of_job() const;
  void look(UtcTime now);
  void adopt(PlanBasis basis, Plan plan, const std::string& why);
  Wait wait_for_window();
  UtcTime planned_start(UtcTime now) const;
  int supervise();
  void count_progress();
  void end_piece();
  void follow_plan(UtcTime now);
  bool wants_to_run(UtcTime now) const;
  UtcTime latest_resume() const;
  UtcTime next_change(UtcTime now) const;

  Job job_;
  RunHost& host_;
  Outlooker outlooker_;
  Settings settings_;
  Tell tell_;
  ExactPlanner planner_{GridSize{256, 4096, 16384}};
  std::optional<ActivePlan> active_;
  UtcTime looked_at_{};
  bool started_{false};
  bool paused_{false};
  bool ending_{false};  ///< A signal was forwarded: no more pauses.
  Seconds done_{0};     ///< Time that the command has run.
  std::optional<Grams> planned_;
  std::vector<EnergyPiece> pieces_;
  UtcTime piece_from_{};
  Seconds done_before_{0};  ///< Up to piece_from_.
  Clock::Instant counted_at_{};
};

}  // namespace greentrain
