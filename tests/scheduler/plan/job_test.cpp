#include "scheduler/plan/job.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "tests/scheduler/plan/sample_jobs.h"

namespace greentrain {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

std::string refusal(const Job& job, UtcTime now) {
  try {
    check_job(job, now);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

TEST(Job, is_refused_with_the_earliest_end_if_its_deadline_cannot_be_met) {
  Job job = sample_job(3h);
  job.startup = 10min;
  job.deadline = kNoon + 3h + 10min;
  EXPECT_EQ(refusal(job, kNoon), "");
  EXPECT_THAT(refusal(job, kNoon + 1min), HasSubstr("earliest possible end is 2026-11-20T15:11Z"));
}

TEST(Job, keeps_room_for_the_longest_work) {
  Job job = sample_job(3h, two_levels());
  job.work_at_most = 5h;
  EXPECT_EQ(planned_deadline(job), job.deadline - 2h);
  EXPECT_EQ(latest_safe_start(job), job.deadline - 5h);
  EXPECT_EQ(earliest_end(job, kNoon - 1h), kNoon + 5h);
  job.work_at_most = 2h;
  EXPECT_THAT(refusal(job, kNoon), HasSubstr("longest work is less"));
}

TEST(Job, is_refused_with_what_is_wrong_in_it) {
  EXPECT_THAT(refusal(sample_job(0s), kNoon), HasSubstr("job sample: work of 0 s"));
  Job job = sample_job(1h);
  job.levels[0].speed = 0;
  EXPECT_THAT(refusal(job, kNoon), HasSubstr("speed 0"));
  job.levels.clear();
  EXPECT_THAT(refusal(job, kNoon), HasSubstr("no level"));
}

}  // namespace
}  // namespace greentrain
