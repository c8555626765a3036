#include "scheduler/plan/job.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/error.h"
#include "core/format.h"

namespace greentrain {
namespace {

std::chrono::seconds whole_up(Seconds time) {
  // What is a whole number of seconds up to the rounding of doubles stays one.
  return std::chrono::ceil<std::chrono::seconds>(time - Seconds{1e-6});
}

Seconds longest_work(const Job& job) { return job.work_at_most.value_or(job.work); }

[[noreturn]] void refuse(const Job& job, const std::string& what) {
  throw UsageError(fmt::format("job {}: {}", job.id, what));
}

bool is_amount(double value) { return std::isfinite(value) && value >= 0; }

void check_levels(const Job& job) {
  if (job.levels.empty()) refuse(job, "no level, expected at least one");
  for (const Level& level : job.levels) {
    if (!(std::isfinite(level.speed) && level.speed > 0)) {
      refuse(job, fmt::format("speed {} at level {}, expected above 0", level.speed, level.name));
    }
    if (!is_amount(level.power.value) || !is_amount(level.startup_power.value)) {
      refuse(job, fmt::format("power {} W at level {}, expected 0 or more", level.power.value,
                              level.name));
    }
    if (level.nodes < 1) refuse(job, fmt::format("{} nodes, expected at least 1", level.nodes));
  }
}

}  // namespace

std::size_t fastest_level(const Job& job) {
  const auto fastest =
      std::min_element(job.levels.begin(), job.levels.end(), [](const Level& a, const Level& b) {
        return a.speed != b.speed ? a.speed > b.speed : a.power < b.power;
      });
  return static_cast<std::size_t>(fastest - job.levels.begin());
}

Seconds fastest_run(const Job& job, Seconds work) {
  return job.startup + work / job.levels[fastest_level(job)].speed;
}

UtcTime planned_deadline(const Job& job) {
  const Seconds reserve = (longest_work(job) - job.work) / job.levels[fastest_level(job)].speed;
  return job.deadline - whole_up(reserve);
}

UtcTime earliest_end(const Job& job, UtcTime now) {
  return std::max(now, job.release) + whole_up(fastest_run(job, longest_work(job)));
}

UtcTime latest_safe_start(const Job& job) {
  return job.deadline - whole_up(fastest_run(job, longest_work(job)));
}

void check_job(const Job& job, UtcTime now) {
  check_levels(job);
  if (!(std::isfinite(job.work.count()) && job.work.count() > 0)) {
    refuse(job, fmt::format("work of {} s, expected above 0", job.work.count()));
  }
  if (longest_work(job) < job.work) {
    refuse(job, "its longest work is less than the expected work; expected at least as much");
  }
  if (!is_amount(job.startup.count()) || !is_amount(job.checkpoint.count()) ||
      !is_amount(job.paused_power.value)) {
    refuse(job, "start-up, checkpoint and power while paused must be 0 or more");
  }
  const UtcTime end = earliest_end(job, now);
  if (end > job.deadline) {
    refuse(job, fmt::format("it cannot end by {}: started at {} at full speed it takes {}, so the "
                            "earliest possible end is {}; give it that deadline or a later one",
                            format_utc(job.deadline), format_utc(std::max(now, job.release)),
                            format_duration(fastest_run(job, longest_work(job))), format_utc(end)));
  }
}

}  // namespace greentrain
