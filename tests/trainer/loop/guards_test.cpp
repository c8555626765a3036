#include "trainer/loop/guards.h"

#include <cmath>
#include <limits>

#include <gmock/gmock.h>

namespace greentrain {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinite = std::numeric_limits<double>::infinity();
constexpr auto kWindow = static_cast<int>(RecentValues::kWindow);

/// One step with this loss and norm, as the trainer leads it through.
StepVerdict step(Guards& guards, double loss, std::optional<double> norm = std::nullopt) {
  guards.snapshot_due();
  StepVerdict verdict = guards.judge_loss(loss);
  if (verdict.action != StepAction::Accept) norm.reset();
  if (norm) verdict = guards.judge_norm(*norm);
  return guards.conclude(verdict, loss, norm);
}

/// Losses and norms that go up and down between 0.9 and 1.1.
void run_in(Guards& guards, int steps = kWindow) {
  for (int i = 0; i < steps; ++i) {
    const double value = i % 2 == 0 ? 0.9 : 1.1;
    ASSERT_EQ(step(guards, value, value).action, StepAction::Accept);
  }
}

TEST(RecentValues, know_the_z_score_once_their_window_is_full) {
  RecentValues recent;
  for (int i = 0; i < kWindow; ++i) {
    EXPECT_FALSE(recent.z_score(1));
    recent.add(i % 2 == 0 ? 1 : 3);
  }
  EXPECT_DOUBLE_EQ(recent.z_score(2).value(), 0);
  EXPECT_DOUBLE_EQ(recent.z_score(7).value(), 5);
  EXPECT_DOUBLE_EQ(recent.z_score(-3).value(), -5);
}

TEST(RecentValues, forget_what_is_older_than_the_window) {
  RecentValues recent;
  recent.add(1e9);
  for (int i = 0; i < kWindow; ++i) recent.add(i % 2 == 0 ? 1 : 3);
  EXPECT_DOUBLE_EQ(recent.z_score(7).value(), 5);
}

TEST(RecentValues, take_any_rise_above_equal_values_as_infinitely_far) {
  RecentValues recent;
  for (int i = 0; i < kWindow; ++i) recent.add(2);
  EXPECT_EQ(recent.z_score(2).value(), 0);
  EXPECT_EQ(recent.z_score(2.001).value(), kInfinite);
}

TEST(Guards, stop_at_a_loss_that_is_not_finite_unless_told_otherwise) {
  for (const double loss : {kNan, kInfinite, -kInfinite}) {
    Guards guards({});
    EXPECT_EQ(step(guards, loss).action, StepAction::Stop);
    EXPECT_FALSE(guards.wants_norm());
    EXPECT_FALSE(guards.snapshot_due());
  }
}

TEST(Guards, ask_for_the_norm_only_when_it_decides_something) {
  EXPECT_TRUE(Guards({.non_finite = OnNonFinite::Skip}).wants_norm());
  EXPECT_TRUE(Guards({.non_finite = OnNonFinite::Rollback}).wants_norm());
  EXPECT_TRUE(Guards({.spike = OnSpike::Skip}).wants_norm());
  EXPECT_FALSE(Guards({.spike = OnSpike::Skip, .gradient_z = 0}).wants_norm());
}

TEST(Guards, skip_a_step_with_a_loss_or_gradient_that_is_not_finite) {
  Guards guards({.non_finite = OnNonFinite::Skip});
  EXPECT_EQ(step(guards, kNan).action, StepAction::Skip);
  const StepVerdict verdict = step(guards, 1, kInfinite);
  EXPECT_EQ(verdict.action, StepAction::Skip);
  EXPECT_EQ(verdict.reason, "the norm of the gradient is inf");
  EXPECT_EQ(step(guards, 1, 1).action, StepAction::Accept);
  EXPECT_EQ(guards.wasted().skipped, 2);
  EXPECT_EQ(guards.wasted().all(), 2);
}

TEST(Guards, give_up_after_too_many_bad_steps_in_a_row) {
  Guards guards({.non_finite = OnNonFinite::Skip, .most_in_a_row = 3});
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(step(guards, kNan).action, StepAction::Skip);
    EXPECT_EQ(step(guards, kNan).action, StepAction::Skip);
    EXPECT_EQ(step(guards, 1, 1).action, StepAction::Accept);
  }
  step(guards, kNan);
  step(guards, kNan);
  const StepVerdict last = step(guards, kNan);
  EXPECT_EQ(last.action, StepAction::Stop);
  EXPECT_THAT(last.reason, testing::HasSubstr("3 steps in a row"));
}

TEST(Guards, see_a_spike_of_the_loss_or_of_the_norm_after_128_good_steps) {
  for (const bool of_loss : {true, false}) {
    Guards guards({.spike = OnSpike::Skip});
    run_in(guards, kWindow - 1);
    EXPECT_EQ(step(guards, 1.1, 1.1).action, StepAction::Accept);
    const StepVerdict fine = step(guards, of_loss ? 1.55 : 1, of_loss ? 1 : 1.55);
    EXPECT_EQ(fine.action, StepAction::Accept) << fine.reason;
    const StepVerdict spike = step(guards, of_loss ? 9 : 1, of_loss ? 1 : 9);
    EXPECT_EQ(spike.action, StepAction::Skip);
    EXPECT_THAT(spike.reason, testing::HasSubstr("standard deviations above the last 128"));
  }
}

TEST(Guards, do_not_let_spikes_into_the_mean) {
  Guards guards({.spike = OnSpike::Skip, .most_in_a_row = 1000});
  run_in(guards);
  for (int i = 0; i < 300; ++i) EXPECT_EQ(step(guards, 5, 1).action, StepAction::Skip);
}

TEST(Guards, look_at_neither_loss_nor_norm_whose_limit_is_0) {
  Guards guards({.spike = OnSpike::Skip, .loss_z = 0, .gradient_z = 0});
  run_in(guards);
  EXPECT_EQ(step(guards, 1e9, 1e9).action, StepAction::Accept);
}

TEST(Guards, take_a_snapshot_first_and_after_so_many_good_steps) {
  Guards guards({.non_finite = OnNonFinite::Rollback, .snapshot_every = 2});
  std::string taken;
  for (const double loss : {1.0, 1.0, kNan, 1.0, 1.0, 1.0}) {
    taken += guards.snapshot_due() ? "1" : "0";
    guards.conclude(guards.judge_loss(loss), loss, {});
  }
  EXPECT_EQ(taken, "101001");  // The third came before its step went wrong.
}

TEST(Guards, count_what_a_rollback_takes_back) {
  Guards guards({.non_finite = OnNonFinite::Rollback, .snapshot_every = 100});
  for (const double loss : {1.0, 1.0, kNan, 1.0, kNan}) step(guards, loss);
  EXPECT_EQ(guards.wasted().rollbacks, 2);
  EXPECT_EQ(guards.wasted().skipped, 2);
  EXPECT_EQ(guards.wasted().undone, 3);
}

TEST(Guards, do_not_take_an_overflow_in_fp16_for_trouble) {
  Guards guards({.most_in_a_row = 1});
  for (int i = 0; i < 20; ++i) {
    const StepVerdict verdict = guards.conclude({StepAction::Overflow, "overflow"}, 1, kInfinite);
    EXPECT_EQ(verdict.action, StepAction::Overflow);
  }
  EXPECT_EQ(guards.wasted().skipped, 20);
}

}  // namespace
}  // namespace greentrain
