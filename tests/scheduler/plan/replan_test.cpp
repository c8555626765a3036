#include "scheduler/plan/replan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/scheduler/plan/sample_jobs.h"

namespace greentrain {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

PlanBasis fresh(std::vector<PlanSlot> slots) {
  return {std::move(slots), FeedState::Fresh, {}, {}};
}

class Replanning : public testing::Test {
 protected:
  std::optional<Replan> again(const Job& rest, const std::vector<PlanSlot>& slots) {
    return replan(planner, rest, old, fresh(slots), {}, {});
  }

  ExactPlanner planner;
  Job job = sample_job(2h);
  ActivePlan old{
      follow(job, slots_of({300, 300, 100, 100, 300, 300}), {kOff, kOff, 0, 0, kOff, kOff}),
      slots_of({300, 300, 100, 100, 300, 300})};
};

TEST_F(Replanning, keeps_the_plan_for_a_gain_below_the_hysteresis) {
  const auto next = again(job, slots_of({300, 300, 100, 100, 98, 300}));
  EXPECT_EQ(next->reason, ReplanReason::Kept);
  EXPECT_THAT(next->plan.levels, ElementsAre(kOff, kOff, 0, 0, kOff, kOff));
}

TEST_F(Replanning, changes_the_plan_for_a_gain_above_it) {
  const auto next = again(job, slots_of({300, 300, 100, 100, 50, 50}));
  EXPECT_EQ(next->reason, ReplanReason::Cheaper);
  EXPECT_EQ(next->plan.start, kNoon + 4h);
  EXPECT_DOUBLE_EQ(next->old_cost, 200);
}

TEST_F(Replanning, changes_a_plan_that_would_miss_the_deadline) {
  job.work = 3h;  // It turned out slower than planned.
  const auto next = again(job, slots_of({300, 300, 100, 100, 400, 400}));
  EXPECT_EQ(next->reason, ReplanReason::OldPlanFails);
  EXPECT_TRUE(next->plan.complete());
  job.work = 7h;
  EXPECT_FALSE(again(job, slots_of({300, 300, 100, 100, 400, 400})));
}

TEST_F(Replanning, carries_decisions_over_to_slots_that_are_cut_otherwise) {
  auto slots = slots_of({100, 100, 100, 100}, 30min);
  for (PlanSlot& slot : slots) slot.start += 90min;
  EXPECT_THAT(carry_over(old, slots), ElementsAre(kOff, 0, 0, 0));
  for (PlanSlot& slot : slots) slot.start += 24h;
  EXPECT_THAT(carry_over(old, slots), ElementsAre(kOff, kOff, kOff, kOff));
}

}  // namespace
}  // namespace greentrain
