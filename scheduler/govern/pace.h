#pragma once

#include <deque>
#include <optional>

#include "core/clock.h"
#include "scheduler/govern/run_adviser.h"

namespace greentrain {

/// How fast a run is and what it draws, as measured since the first call. Not thread-safe.
class Pace {
 public:
  /// `settle`: energy of so long after a change between running and pausing tells of no power,
  /// since meters report late.
  explicit Pace(Seconds settle) : settle_(settle) {}

  void observe(Clock::Instant now, const RunProgress& progress);

  /// Of the steps that are left: by the mean of the whole run or of its last ten minutes, whichever
  /// is slower, so that evaluations count and a run that slows down is noticed. Empty until a step
  /// was measured.
  std::optional<Seconds> left() const;
  std::optional<Watts> running_power() const;  ///< Empty until known, or if nothing measures it.
  std::optional<Watts> paused_power() const;   ///< Empty until there was a pause long enough.
  Seconds running() const { return running_; }
  Seconds paused() const { return paused_; }
  int pauses() const { return pauses_; }

 private:
  struct Point {
    Seconds running;
    std::int64_t steps;
    Joules joules;
  };
  struct Draw {
    Joules joules;
    Seconds time{0};
    std::optional<Watts> power() const;
  };
  void observe_power(Seconds time, const RunProgress& progress);

  Seconds settle_;
  std::optional<Clock::Instant> last_at_;
  RunProgress last_;
  std::int64_t first_steps_{0};
  Seconds running_{0};
  Seconds paused_{0};
  Seconds in_this_state_{0};
  int pauses_{0};
  Draw while_running_;
  Draw while_paused_;
  std::deque<Point> recent_;
};

}  // namespace greentrain
