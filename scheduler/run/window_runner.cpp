#include "scheduler/run/window_runner.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/format.h"

namespace greentrain {
namespace {

using namespace std::chrono_literals;

constexpr auto kMissed = 2min;  ///< A wait that ends this late has been slept through.
constexpr int kInterrupted = 130;
constexpr int kTerminated = 143;

bool is_signal(RunEvent event) {
  return event == RunEvent::Interrupt || event == RunEvent::Terminate;
}

/// The slot that holds `now`; empty outside.
std::optional<std::size_t> slot_at(const ActivePlan& active, UtcTime now) {
  for (std::size_t slot = 0; slot < active.slots.size(); ++slot) {
    if (active.slots[slot].start <= now && now < active.slots[slot].end()) return slot;
  }
  return std::nullopt;
}

}  // namespace

WindowRunner::WindowRunner(Job job, RunHost& host, Outlooker outlooker, Settings settings,
                           Tell tell)
    : job_(std::move(job)),
      host_(host),
      outlooker_(std::move(outlooker)),
      settings_(settings),
      tell_(std::move(tell)) {}

int WindowRunner::run() {
  piece_from_ = now();
  switch (wait_for_window()) {
    case Wait::Interrupted:
      return kInterrupted;
    case Wait::Terminated:
      return kTerminated;
    case Wait::Over:
      break;
  }
  if (!host_.start()) {
    tell_(
        fmt::format("the command was not found or cannot be run, exit code {}", host_.exit_code()));
    return host_.exit_code();
  }
  end_piece();
  started_ = true;
  counted_at_ = host_.clock().now();
  tell_(fmt::format("started at {}", format_utc(now())));
  return supervise();
}

UtcTime WindowRunner::now() const {
  return std::chrono::floor<std::chrono::seconds>(host_.clock().date());
}

/// The job with the work that is left, in the state it is in now.
Job WindowRunner::rest_of_job() const {
  Job rest = job_;
  const Seconds least{1};
  rest.release = now();
  rest.work = std::max(least, job_.work - done_);
  if (job_.work_at_most) rest.work_at_most = std::max(rest.work, *job_.work_at_most - done_);
  rest.paused = paused_;
  rest.running_nodes = started_ && !paused_ ? job_.levels.front().nodes : 0;
  return rest;
}

/// Looks at the newest forecast and changes the plan if that is worth it.
void WindowRunner::look(UtcTime now) {
  looked_at_ = now;
  const Job rest = rest_of_job();
  auto basis = outlooker_(rest, now);
  if (!basis || basis->slots.empty()) {
    if (!active_ && !started_) tell_("nothing is known of the grid: starting at once");
    return;
  }
  if (!active_) {
    if (auto decided = decide_plan(planner_, rest, *basis, settings_.policy)) {
      adopt(std::move(*basis), std::move(decided->plan), std::string(enum_name(decided->reason)));
    }
    return;
  }
  auto next = replan(planner_, rest, *active_, *basis, settings_.policy, settings_.replan);
  if (!next) return;  // The deadline cannot be kept: what runs goes on, what waits starts.
  if (next->reason == ReplanReason::Kept) {
    active_ = ActivePlan{std::move(next->plan), std::move(basis->slots)};
  } else {
    adopt(std::move(*basis), std::move(next->plan), std::string(enum_name(next->reason)));
  }
}

void WindowRunner::adopt(PlanBasis basis, Plan plan, const std::string& why) {
  tell_(fmt::format("plan: {} to {}{}; {} ({})", format_utc(plan.start), format_utc(plan.end),
                    plan.starts > 1 ? fmt::format(" in {} runs", plan.starts) : "", why,
                    enum_name(basis.state)));
  if (!planned_) planned_ = plan.grams;
  active_ = ActivePlan{std::move(plan), std::move(basis.slots)};
}

UtcTime WindowRunner::planned_start(UtcTime now) const {
  if (!active_) return now;
  return std::min(active_->plan.start, latest_safe_start(job_));
}

WindowRunner::Wait WindowRunner::wait_for_window() {
  look(now());
  for (;;) {
    const UtcTime start = planned_start(now());
    if (now() >= start) {
      if (now() - start < kMissed || now() >= latest_safe_start(job_)) break;
      tell_(fmt::format("the start at {} was slept through", format_utc(start)));
      active_.reset();
      look(now());
      if (now() >= planned_start(now())) break;
      continue;
    }
    const RunEvent event = host_.wait_until(std::min(start, now() + settings_.look_every));
    if (event == RunEvent::Interrupt) return Wait::Interrupted;
    if (event == RunEvent::Terminate) return Wait::Terminated;
    const bool late = now() - planned_start(now()) >= kMissed;  // Handled above.
    if (!late && now() - looked_at_ >= settings_.look_every) look(now());
  }
  // A signal that came while the feed was asked.
  const RunEvent event = host_.wait_until(now());
  if (event == RunEvent::Interrupt) return Wait::Interrupted;
  if (event == RunEvent::Terminate) return Wait::Terminated;
  if (now() > latest_safe_start(job_)) {
    tell_(fmt::format("the deadline {} may be missed: at full speed the job ends at {}",
                      format_utc(job_.deadline), format_utc(earliest_end(job_, now()))));
  }
  return Wait::Over;
}

int WindowRunner::supervise() {
  for (;;) {
    if (!ending_ && settings_.policy.may_pause) {
      if (now() - looked_at_ >= settings_.look_every) look(now());
      follow_plan(now());
    }
    const RunEvent event = host_.wait_until(next_change(now()));
    count_progress();
    if (event == RunEvent::CommandEnded) {
      end_piece();
      tell_(fmt::format("ended after running for {}, exit code {}", format_duration(done_),
                        host_.exit_code()));
      return host_.exit_code();
    }
    if (!is_signal(event)) continue;
    ending_ = true;
    if (paused_) {
      end_piece();
      paused_ = false;
      host_.resume();
    }
    host_.forward(event);
  }
}

/// Adds the time since the last count, if the command ran. The steady clock stands still while the
/// machine sleeps, as the command does.
void WindowRunner::count_progress() {
  const Clock::Instant at = host_.clock().now();
  if (!paused_) done_ += at - counted_at_;
  counted_at_ = at;
}

/// Books the time since the last piece as what it was: waiting, running or paused. While the
/// machine sleeps nothing runs, so that running counts by done_.
void WindowRunner::end_piece() {
  const UtcTime to = now();
  if (to <= piece_from_) return;
  const bool runs = started_ && !paused_;
  Joules energy;
  if (runs) energy = (done_ - done_before_) * job_.levels[fastest_level(job_)].power;
  if (started_ && paused_) energy = Seconds{to - piece_from_} * job_.paused_power;
  pieces_.push_back({piece_from_, to, energy, !runs});
  piece_from_ = to;
  done_before_ = done_;
}

UtcTime WindowRunner::latest_resume() const { return latest_safe_start(rest_of_job()); }

bool WindowRunner::wants_to_run(UtcTime now) const {
  // Longer than planned: nobody knows how long it still takes, so it is not held up any more.
  if (!active_ || done_ >= job_.work || now >= latest_resume()) return true;
  const auto slot = slot_at(*active_, now);
  return !slot || active_->plan.levels[*slot] != kOff;
}

void WindowRunner::follow_plan(UtcTime now) {
  const bool run = wants_to_run(now);
  if (run == !paused_) return;
  count_progress();
  end_piece();
  paused_ = !run;
  if (run) {
    host_.resume();
    tell_(fmt::format("resumed at {}", format_utc(now)));
  } else {
    host_.pause();
    tell_(fmt::format("paused at {}", format_utc(now)));
  }
}

UtcTime WindowRunner::next_change(UtcTime now) const {
  UtcTime next = now + settings_.look_every;
  if (ending_ || !settings_.policy.may_pause || !active_) return next;
  if (const auto slot = slot_at(*active_, now)) next = std::min(next, active_->slots[*slot].end());
  if (paused_) next = std::min(next, std::max(latest_resume(), now + 1s));
  return next;
}

}  // namespace greentrain
