#include "trainer/optim/learning_rate.h"

#include <cmath>

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
  for (const auto type :
       {ScheduleType::Constant, ScheduleType::Linear, ScheduleType::Cosine,
        ScheduleType::WarmupStableDecay, ScheduleType::InverseSqrt, ScheduleType::Plateau}) {
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

TEST(LearningRate, linear_falls_evenly_to_the_floor) {
  const LearningRate rate(schedule(ScheduleType::Linear, 0.2, 0.1), 2.0);
  EXPECT_DOUBLE_EQ(rate.at(20, 100), 2.0);
  EXPECT_DOUBLE_EQ(rate.at(60, 100), 2.0 * (0.1 + 0.9 / 2));
  EXPECT_DOUBLE_EQ(rate.at(100, 100), 0.2);
}

TEST(LearningRate, warm_up_stable_decay_stays_at_the_peak_until_the_last_share) {
  ScheduleOptions options = schedule(ScheduleType::WarmupStableDecay, 0.1, 0.1);
  options.decay = {0.25};
  const LearningRate rate(options, 2.0);
  for (const std::int64_t step : {10, 50, 75}) EXPECT_DOUBLE_EQ(rate.at(step, 100), 2.0);
  EXPECT_DOUBLE_EQ(rate.at(80, 100), 2.0 * (0.1 + 0.9 * 0.8));
  EXPECT_DOUBLE_EQ(rate.at(100, 100), 0.2);
  options.decay = {0};
  EXPECT_DOUBLE_EQ(LearningRate(options, 2.0).at(100, 100), 2.0);
}

TEST(LearningRate, inverse_square_root_halves_when_the_steps_are_four_times_as_many) {
  const LearningRate rate(schedule(ScheduleType::InverseSqrt, 0.04, 0.3), 1.0);
  EXPECT_DOUBLE_EQ(rate.at(4, 100), 1.0);
  EXPECT_DOUBLE_EQ(rate.at(16, 100), 0.5);
  EXPECT_DOUBLE_EQ(rate.at(36, 100), 1.0 / 3);
  EXPECT_DOUBLE_EQ(rate.at(99, 100), 0.3);
  const LearningRate to_zero(schedule(ScheduleType::InverseSqrt, 0.04, 0), 1.0);
  EXPECT_DOUBLE_EQ(to_zero.at(4, 5), 0.5);  // A warm-up of less than a step counts as one.
}

TEST(NearestEnd, makes_progress_that_never_jumps_and_ends_at_1) {
  const auto share = [](Progress of) {
    return static_cast<double>(of.done) / static_cast<double>(of.all);
  };
  // Eight epochs of 70 steps in the place of 100, two of 100; the run ends at step 740.
  double before = 0;
  std::int64_t full = 0;
  for (std::int64_t step = 0; step <= 740; ++step) {
    full = step <= 560 ? step * 100 / 70 : 800 + (step - 560);
    const double now = share(nearest_end({step, 740}, {full, 1000}));
    ASSERT_GE(now, before) << step;
    ASSERT_LE(now - before, 0.003) << step;
    before = now;
  }
  EXPECT_EQ(before, 1);
  EXPECT_EQ(nearest_end({5, 0}, {7, 10}).all, 10);    // No greatest number of steps.
  EXPECT_EQ(nearest_end({0, 20}, {0, 100}).all, 20);  // For the warm-up, from the first step on.
  EXPECT_EQ(nearest_end({5, 200}, {5, 100}).all, 100);
}

TEST(LearningRate, plateau_falls_when_the_validation_loss_stands_still_for_its_patience) {
  ScheduleOptions options = schedule(ScheduleType::Plateau, 0, 0.2);
  options.patience = 2;
  LearningRate rate(options, 1.0);
  const auto after = [&](double loss) {
    rate.observe(loss);
    return rate.at(10, 100);
  };
  EXPECT_EQ(after(1.0), 1);
  EXPECT_EQ(after(0.99995), 1);  // Less than 0.01 % lower.
  EXPECT_EQ(after(std::nan("")), 0.5);
  EXPECT_EQ(after(1.1), 0.5);  // The count starts again.
  EXPECT_EQ(after(0.9), 0.5);
  EXPECT_EQ(after(0.9), 0.5);
  EXPECT_EQ(after(0.9), 0.25);
  EXPECT_EQ(after(0.9), 0.25);
  EXPECT_EQ(after(0.9), 0.2);  // The floor.
}

TEST(LearningRate, a_shorter_run_keeps_the_shape) {
  for (const auto type : {ScheduleType::Constant, ScheduleType::Linear, ScheduleType::Cosine,
                          ScheduleType::WarmupStableDecay, ScheduleType::InverseSqrt}) {
    const LearningRate rate(schedule(type, 0.2, 0.1), 1.0);
    for (const std::int64_t step : {2, 3, 9, 10}) {
      EXPECT_DOUBLE_EQ(rate.at(step, 10), rate.at(100 * step, 1000)) << enum_name(type);
    }
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
