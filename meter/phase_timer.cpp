#include "meter/phase_timer.h"

#include <algorithm>

namespace greentrain {
namespace {

std::int64_t nanoseconds(Clock::Instant instant) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(instant.time_since_epoch()).count();
}

std::size_t index(Phase phase) { return static_cast<std::size_t>(phase); }

}  // namespace

PhaseTimer::PhaseTimer(const Clock& clock) : clock_(clock), entered_at_(nanoseconds(clock.now())) {}

// A sequence lock: a reader that meets an odd or changed version tries again, so that no reader
// sees the time of a phase twice or not at all.
void PhaseTimer::enter(Phase phase) {
  const std::int64_t now = nanoseconds(clock_.now());
  ++version_;
  nanoseconds_[index(current_)] += now - entered_at_;
  entered_at_ = now;
  current_ = phase;
  ++version_;
  if (follower_) follower_(phase);
  if (listener_) listener_(phase);
}

void PhaseTimer::move(Phase from, Phase to, Seconds time) {
  const std::int64_t now = nanoseconds(clock_.now());
  const auto wanted = std::chrono::duration_cast<std::chrono::nanoseconds>(time).count();
  ++version_;
  nanoseconds_[index(current_)] += now - entered_at_;  // The running phase may be `from`.
  entered_at_ = now;
  const std::int64_t moved = std::clamp<std::int64_t>(wanted, 0, nanoseconds_[index(from)].load());
  nanoseconds_[index(from)] -= moved;
  nanoseconds_[index(to)] += moved;
  ++version_;
}

Phase PhaseTimer::current() const { return current_; }

PhaseSeconds PhaseTimer::totals() const {
  std::array<std::int64_t, kPhaseCount> spent{};
  std::uint32_t version = 0;
  do {
    version = version_;
    for (std::size_t i = 0; i < spent.size(); ++i) spent[i] = nanoseconds_[i];
    spent[index(current_)] += nanoseconds(clock_.now()) - entered_at_;
  } while (version % 2 != 0 || version != version_);
  PhaseSeconds totals;
  for (std::size_t i = 0; i < spent.size(); ++i) totals[i] = std::chrono::nanoseconds(spent[i]);
  return totals;
}

}  // namespace greentrain
