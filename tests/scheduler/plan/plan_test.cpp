#include "scheduler/plan/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "tests/scheduler/plan/sample_jobs.h"

namespace greentrain {
namespace {

using namespace std::chrono_literals;

TEST(Follow, ends_within_a_slot_when_the_work_is_done) {
  const Job job = sample_job(90min);
  const Plan plan = follow(job, slots_of({100, 200, 300}), {0, 0, 0});
  EXPECT_TRUE(plan.complete());
  EXPECT_EQ(plan.end, kNoon + 90min);
  EXPECT_DOUBLE_EQ(plan.energy.value, 1.5 * kJoulesPerKwh);
  EXPECT_DOUBLE_EQ(plan.grams.value, 100 + 200 * 0.5);
  EXPECT_EQ(plan.levels.back(), kOff);
}

TEST(Follow, says_how_much_work_is_left) {
  const Plan plan = follow(sample_job(3h), slots_of({100, 200}), {0, kOff});
  EXPECT_FALSE(plan.complete());
  EXPECT_DOUBLE_EQ(plan.left.count(), 2 * 3600);
}

TEST(Follow, pays_each_start_and_lets_it_run_over_slots) {
  Job job = sample_job(1h, two_levels());
  job.startup = 90min;
  const Plan plan = follow(job, slots_of({100, 100, 100, 100}), {1, 1, 1, 1});
  EXPECT_EQ(plan.uses[0].starting, Seconds{1h});
  EXPECT_EQ(plan.uses[1].starting, Seconds{30min});
  EXPECT_EQ(plan.uses[1].running, Seconds{30min});
  // 1.5 h at full power, then an hour's work at 0.7 of the speed and half the power.
  EXPECT_NEAR(plan.energy.value, (1.5 + 0.5 / 0.7) * kJoulesPerKwh, 1);
}

TEST(Follow, books_checkpoint_and_idle_power_of_a_pause_but_not_after_the_end) {
  Job job = sample_job(2h);
  job.checkpoint = 6min;
  job.paused_power = Watts{100};
  const Plan plan = follow(job, slots_of({100, 100, 100, 100}), {0, kOff, 0, kOff});
  EXPECT_EQ(plan.starts, 2);
  EXPECT_EQ(plan.uses[1].saving, Seconds{6min});
  EXPECT_EQ(plan.uses[1].paused, Seconds{54min});
  EXPECT_NEAR(plan.uses[1].energy.value, (0.1 * 1 + 0.9 * 0.1) * kJoulesPerKwh, 1);
  EXPECT_EQ(plan.uses[3].energy.value, 0);
}

TEST(MakeSlots, are_cut_at_both_ends_and_lie_on_the_clock) {
  const auto slots = make_slots(kNoon + 10min, kNoon + 40min, 15min,
                                [](UtcTime, UtcTime) { return GramsPerKwh{100}; });
  ASSERT_EQ(slots.size(), 3u);
  EXPECT_EQ(slots[0].start, kNoon + 10min);
  EXPECT_EQ(slots[0].length, 5min);
  EXPECT_EQ(slots[1].start, kNoon + 15min);
  EXPECT_EQ(slots[2].length, 10min);
  EXPECT_EQ(slots[2].end(), kNoon + 40min);
}

TEST(MakeSlots, let_nothing_be_gained_where_the_intensity_is_unknown) {
  const auto intensity = [](UtcTime from, UtcTime) -> std::optional<GramsPerKwh> {
    if (from == kNoon) return GramsPerKwh{300};
    if (from == kNoon + 1h) return GramsPerKwh{200};
    return std::nullopt;
  };
  const auto slots = make_slots(kNoon, kNoon + 3h, 1h, intensity);
  EXPECT_TRUE(slots[1].known);
  EXPECT_FALSE(slots[2].known);
  EXPECT_EQ(slots[2].intensity, GramsPerKwh{300});
  EXPECT_THROW(make_slots(kNoon + 2h, kNoon + 3h, 1h, intensity), Error);
}

}  // namespace
}  // namespace greentrain
