#include "scheduler/plan/baselines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/scheduler/plan/sample_jobs.h"

namespace greentrain {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

TEST(Baselines, do_what_their_names_say) {
  const Job job = sample_job(2h, two_levels());
  const auto slots = slots_of({300, 100, 250, 120, 240, 250});
  EXPECT_THAT(run_now(job, slots)->levels, ElementsAre(0, 0, kOff, kOff, kOff, kOff));
  EXPECT_THAT(best_window(job, slots)->levels, ElementsAre(kOff, 0, 0, kOff, kOff, kOff));
  EXPECT_THAT(wait_awhile(job, slots)->levels, ElementsAre(kOff, 0, kOff, 0, kOff, kOff));
  EXPECT_THAT(best_static_level(job, slots)->levels, ElementsAre(1, 1, 1, kOff, kOff, kOff));
  EXPECT_THAT(best_window_and_level(job, slots)->levels, ElementsAre(kOff, 1, 1, 1, kOff, kOff));
}

TEST(Baselines, take_more_slots_where_restarts_eat_the_cheapest) {
  Job job = sample_job(2h);
  job.startup = 30min;
  const auto plan = wait_awhile(job, slots_of({100, 300, 110, 300, 120, 500}));
  EXPECT_THAT(plan->levels, ElementsAre(0, 0, 0, kOff, kOff, kOff));
}

TEST(Baselines, are_empty_when_the_work_does_not_fit) {
  const Job job = sample_job(3h);
  const auto slots = slots_of({300, 100});
  EXPECT_FALSE(run_now(job, slots));
  EXPECT_FALSE(best_window(job, slots));
  EXPECT_FALSE(wait_awhile(job, slots));
  EXPECT_FALSE(best_window_and_level(job, slots));
}

}  // namespace
}  // namespace greentrain
