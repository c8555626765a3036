#include "scheduler/govern/pace.h"

#include <algorithm>

namespace greentrain {
namespace {

using namespace std::chrono_literals;

constexpr Seconds kRecent = 10min;
constexpr Seconds kApart = 5s;   ///< Between two recent points.
constexpr Seconds kEnough = 5s;  ///< Of a pause: a few readings say little of what it draws.

}  // namespace

std::optional<Watts> Pace::Draw::power() const {
  return time.count() > 0 && joules.value > 0 ? std::optional(joules / time) : std::nullopt;
}

void Pace::observe(Clock::Instant now, const RunProgress& progress) {
  if (!last_at_) {
    first_steps_ = progress.steps;
    recent_.push_back({running_, progress.steps, progress.joules});
  } else {
    const Seconds time = now - *last_at_;
    (progress.paused ? paused_ : running_) += time;
    if (progress.paused && !last_.paused) ++pauses_;
    observe_power(time, progress);
    if (running_ - recent_.back().running >= kApart) {
      recent_.push_back({running_, progress.steps, progress.joules});
    }
    while (recent_.size() > 2 && running_ - recent_[1].running >= kRecent) recent_.pop_front();
  }
  last_at_ = now;
  last_ = progress;
}

void Pace::observe_power(Seconds time, const RunProgress& progress) {
  if (progress.paused != last_.paused) in_this_state_ = Seconds{0};
  const bool settled = in_this_state_ >= settle_;
  in_this_state_ += time;
  if (!settled) return;
  Draw& draw = progress.paused ? while_paused_ : while_running_;
  draw.joules += progress.joules - last_.joules;
  draw.time += time;
}

std::optional<Seconds> Pace::left() const {
  const auto steps_left = static_cast<double>(last_.planned_steps - last_.steps);
  const auto per_step = [&](std::int64_t steps, Seconds time) {
    return steps > 0 ? time / static_cast<double>(steps) : Seconds{0};
  };
  const Seconds overall = per_step(last_.steps - first_steps_, running_);
  if (overall.count() <= 0) return std::nullopt;
  const Point& since = recent_.front();
  const Seconds recent = per_step(last_.steps - since.steps, running_ - since.running);
  return steps_left * std::max(overall, recent);
}

std::optional<Watts> Pace::running_power() const { return while_running_.power(); }

std::optional<Watts> Pace::paused_power() const {
  // A process that draws nothing while paused is a measurement if something was measured before.
  const bool measured = running_power() && while_paused_.time >= kEnough;
  return measured ? std::optional(while_paused_.joules / while_paused_.time) : std::nullopt;
}

}  // namespace greentrain
