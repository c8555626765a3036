#include "scheduler/govern/pace.h"

#include <gtest/gtest.h>

namespace greentrain {
namespace {

using namespace std::chrono_literals;

class PaceOfARun : public testing::Test {
 protected:
  void pass(Seconds time, std::int64_t steps, Watts power, bool paused = false) {
    at += std::chrono::duration_cast<Clock::Instant::duration>(time);
    progress.steps += steps;
    progress.joules += power * time;
    progress.paused = paused;
    pace.observe(at, progress);
  }
  Clock::Instant at{};
  RunProgress progress{1, 101, Joules{5}, false};
  Pace pace{2s};
};

TEST_F(PaceOfARun, is_not_known_before_a_step_was_measured) {
  EXPECT_FALSE(pace.left());
  pace.observe(at, progress);
  EXPECT_FALSE(pace.left());
  EXPECT_FALSE(pace.running_power());
  EXPECT_FALSE(pace.paused_power());
}

TEST_F(PaceOfARun, counts_steps_from_the_first_call_on) {
  pace.observe(at, progress);
  pass(10s, 10, Watts{100});
  EXPECT_DOUBLE_EQ(pace.left()->count(), 90);
}

TEST_F(PaceOfARun, leaves_pauses_out) {
  pace.observe(at, progress);
  pass(10s, 10, Watts{100});
  pass(1h, 0, Watts{20}, true);
  EXPECT_DOUBLE_EQ(pace.left()->count(), 90);
  EXPECT_EQ(pace.paused(), Seconds{1h});
  EXPECT_EQ(pace.pauses(), 1);
}

TEST_F(PaceOfARun, believes_the_slower_of_the_whole_run_and_the_last_minutes) {
  progress.planned_steps = 100'001;
  pace.observe(at, progress);
  for (int i = 0; i < 1000; ++i) pass(10s, 10, Watts{100});
  const Seconds before = *pace.left();
  EXPECT_DOUBLE_EQ(before.count(), 90'000);
  for (int i = 0; i < 70; ++i) pass(10s, 5, Watts{100});
  EXPECT_NEAR(pace.left()->count(), 2 * (90'000 - 350), 10);
}

TEST_F(PaceOfARun, measures_both_powers_without_what_meters_report_late) {
  pace.observe(at, progress);
  for (int i = 0; i < 10; ++i) pass(1s, 1, Watts{100});
  EXPECT_NEAR(pace.running_power()->value, 100, 1e-9);
  pass(1s, 0, Watts{100}, true);  // Late.
  pass(1s, 0, Watts{60}, true);
  EXPECT_FALSE(pace.paused_power());
  for (int i = 0; i < 4; ++i) pass(1s, 0, Watts{20}, true);
  EXPECT_FALSE(pace.paused_power());  // Not long enough yet.
  pass(1s, 0, Watts{20}, true);
  EXPECT_NEAR(pace.paused_power()->value, 20, 1e-9);
  pass(1s, 1, Watts{20});
  pass(1s, 1, Watts{60});
  EXPECT_NEAR(pace.running_power()->value, 100, 1e-9);
}

TEST_F(PaceOfARun, knows_no_power_where_nothing_is_measured) {
  progress.joules = {};
  pace.observe(at, progress);
  for (int i = 0; i < 10; ++i) pass(1s, 1, Watts{0});
  for (int i = 0; i < 10; ++i) pass(1s, 0, Watts{0}, true);
  EXPECT_FALSE(pace.running_power());
  EXPECT_FALSE(pace.paused_power());
}

}  // namespace
}  // namespace greentrain
