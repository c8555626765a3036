// What TrainSession does for a run that follows a carbon plan.
#include <algorithm>
#include <iostream>

#include "comm/rank_errors.h"
#include "core/error.h"
#include "core/log.h"
#include "trainer/cli/stop_signals.h"
#include "trainer/cli/train_session.h"

namespace greentrain {
namespace {

constexpr std::chrono::milliseconds kMoment{1000};  ///< Of a pause, until the next vote.

}  // namespace

// Rank 0 alone asks the feed and decides; the others hear of it in the votes.
void TrainSession::start_plan() {
  const SchedulerOptions& options = config().scheduler;
  if (!options.enabled()) return;
  const auto record = [this](const std::string& line) {
    if (!plan_log_) plan_log_.emplace(directory_->plan());
    plan_log_->append(line + "\n");
  };
  std::optional<std::string> problem;
  try {
    if (is_root()) {
      plan_.emplace(
          options, config().meter.period, arguments_.environment, stopwatch_.clock,
          GovernedRun::Hooks{[this](const std::string& message) { tell_plan(message); },
                             [](const std::string& warning) { log_warning(warning); }, record});
    }
  } catch (const UsageError& error) {
    problem = error.what();
  }
  throw_if_any_failed(comm_, problem, ExitCode::Usage);
}

void TrainSession::tell_plan(const std::string& message) {
  if (arguments_.quiet || arguments_.json) return;
  progress_.clear();
  std::cout << "plan: " << message << std::endl;
}

// Every rank sleeps as long, so that none waits for another with its core at work.
void TrainSession::pass_a_moment() const {
  nap(std::min<std::chrono::milliseconds>(config().scheduler.check_every, kMoment));
}

PlanOutcome TrainSession::finish_plan() {
  PlanOutcome outcome = plan_->finish();
  if (const auto account = plan_->account_json()) {
    write_file_atomically(directory_->carbon(), *account);
  }
  return outcome;
}

}  // namespace greentrain
