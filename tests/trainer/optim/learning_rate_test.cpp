#include "trainer/optim/learning_rate.h"

#include <gmock/gmock.h>

namespace greentrain {
namespace {

ScheduleOptions schedule(ScheduleType type, double warmup, double floor) {
  return {.type = type, .warmup = {warmup}, .floor = {floor}};
}

TEST(LearningRate, constant_is_the_peak_at_every_step) {
  const LearningRate rate(schedule(ScheduleType::Constant, 0, 0), 0.5);
  for (const std::int64_t step : {0, 1, 99, 100}) EXPECT_EQ(rate.at(step, 100), 0.5);
}

TEST(LearningRate, warm_up_rises_in_equal_steps_to_the_peak) {
  for (const auto type : {ScheduleType::Constant, ScheduleType::Cosine}) {
    const LearningRate rate(schedule(type, 0.04, 0), 1.0);
    EXPECT_DOUBLE_EQ(rate.at(0, 100), 0.2);
    EXPECT_DOUBLE_EQ(rate.at(1, 100), 0.4);
    EXPECT_DOUBLE_EQ(rate.at(3, 100), 0.8);
    EXPECT_DOUBLE_EQ(rate.at(4, 100), 1.0);
  }
}

TEST(LearningRate, cosine_falls_from_the_peak_to_the_floor) {
  const LearningRate rate(schedule(ScheduleType::Cosine, 0.2, 0.1), 2.0);
  EXPECT_DOUBLE_EQ(rate.at(20, 100), 2.0);
  EXPECT_DOUBLE_EQ(rate.at(60, 100), 2.0 * (0.1 + 0.9 / 2));
  EXPECT_GT(rate.at(99, 100), 0.2);
  EXPECT_DOUBLE_EQ(rate.at(100, 100), 0.2);
  EXPECT_DOUBLE_EQ(rate.at(1000, 100), 0.2);
  for (std::int64_t step = 20; step < 100; ++step)
    EXPECT_LT(rate.at(step + 1, 100), rate.at(step, 100));
}

TEST(LearningRate, a_shorter_run_keeps_the_shape) {
  const LearningRate rate(schedule(ScheduleType::Cosine, 0, 0.1), 1.0);
  for (const std::int64_t step : {0, 3, 10}) {
    EXPECT_DOUBLE_EQ(rate.at(step, 10), rate.at(100 * step, 1000));
  }
}

TEST(LearningRate, warm_up_over_the_whole_run_and_runs_of_no_step_have_a_rate) {
  const LearningRate rate(schedule(ScheduleType::Cosine, 1, 0.1), 1.0);
  EXPECT_DOUBLE_EQ(rate.at(9, 10), 10.0 / 11);
  EXPECT_DOUBLE_EQ(rate.at(10, 10), 0.1);
  EXPECT_DOUBLE_EQ(rate.at(0, 0), 0.1);
}

}  // namespace
}  // namespace greentrain
