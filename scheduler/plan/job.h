#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/units.h"
#include "scheduler/carbon/utc_time.h"

namespace greentrain {

/// One way to run a job: a power cap, a number of nodes, or both.
struct Level {
  std::string name;     ///< For people: "cap 60 %".
  double speed{1};      ///< Work done per second; the job's work is counted in seconds at speed 1.
  Watts power;          ///< Of everything the job holds, idle parts and host included.
  Watts startup_power;  ///< While it starts on these nodes, which a cap does not slow: full power.
  int nodes{1};
};

/// What a planner knows of a job.
struct Job {
  std::string id;
  std::string account;  ///< Whose energy budget it burns; empty: none.
  int priority{0};      ///< Higher ones are served first.
  UtcTime release;
  UtcTime deadline;
  Seconds work{0};                      ///< Expected, at speed 1, start-up not included.
  std::optional<Seconds> work_at_most;  ///< If uncertain: the deadline is kept up to this much.
  Seconds startup{0};                   ///< Of each start and resumption, without progress.
  Seconds checkpoint{0};                ///< Of each pause, at the start-up power.
  Watts paused_power;                   ///< Held while paused; 0 if its nodes are given back.
  std::vector<Level> levels;            ///< At least one. Full power is the fastest one.
  int running_nodes{0};                 ///< Above 0: it runs now on so many, and can go on at once.
  bool paused{false};                   ///< It was started and paused, so paused_power is drawn.
};

/// Index of the fastest level; of several, the one that draws least.
std::size_t fastest_level(const Job& job);

/// When the job ends if it starts at `start` and runs at full speed; without rounding.
Seconds fastest_run(const Job& job, Seconds work);

/// The end of the work as planned must leave room for what it may still take: the deadline minus
/// (work_at_most - work) at full speed. It runs by then, so no start is added.
UtcTime planned_deadline(const Job& job);

/// The earliest end of a job that starts at `now` or its release, the longest work included.
UtcTime earliest_end(const Job& job, UtcTime now);

/// Past this moment a start at full speed is too late for the longest work.
UtcTime latest_safe_start(const Job& job);

/// Throws UsageError, naming the job and what is wrong: no level, work not above 0, a negative
/// duration or power, a speed that is not above 0, or a deadline that cannot be met from `now` on,
/// with the earliest possible end.
void check_job(const Job& job, UtcTime now);

}  // namespace greentrain
