#include "trainer/stopping/early_stopping.h"

#include <cmath>
#include <limits>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace greentrain {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinite = std::numeric_limits<double>::infinity();

EarlyStoppingOptions options(std::int64_t patience) {
  EarlyStoppingOptions result;
  result.patience = patience;
  return result;
}

const WatchedMetric kLoss{"validation_loss", false};
const WatchedMetric kAccuracy{"validation_accuracy", true};

/// Feeds the values as checks of steps 10, 20, ... until the rule stops; how many it took.
std::int64_t checks_until_stop(EarlyStopping& stopping, const std::vector<double>& values) {
  std::int64_t checks = 0;
  for (const double value : values) {
    ++checks;
    stopping.observe({checks * 10, 1000, value, {}});
    if (stopping.stop()) break;
  }
  return checks;
}

struct Outcome {
  std::int64_t checks;
  std::optional<StoppingRule> rule;
  std::string reason;
};

Outcome run(const EarlyStoppingOptions& options, const std::vector<double>& values,
            const WatchedMetric& metric = kLoss) {
  EarlyStopping stopping(options, metric);
  const std::int64_t checks = checks_until_stop(stopping, values);
  if (!stopping.stop()) return {checks, std::nullopt, ""};
  return {checks, stopping.stop()->rule, stopping.stop()->reason};
}

TEST(EarlyStopping, stops_after_patience_checks_without_improvement) {
  const Outcome outcome = run(options(2), {1.0, 0.9, 0.9, 1.2, 0.1});
  EXPECT_EQ(outcome.checks, 4);
  EXPECT_EQ(outcome.rule, StoppingRule::Patience);
  EXPECT_EQ(outcome.reason,
            "validation_loss did not improve in 2 evaluations, since 0.900 at step 20");
}

TEST(EarlyStopping, an_improvement_starts_the_count_again) {
  EXPECT_EQ(run(options(2), {1.0, 1.1, 0.9, 0.95}).rule, std::nullopt);
  EXPECT_EQ(run(options(2), {1.0, 1.1, 0.9, 0.95, 0.95}).rule, StoppingRule::Patience);
}

TEST(EarlyStopping, patience_0_never_stops) {
  EXPECT_EQ(run(options(0), std::vector<double>(100, 1.0)).rule, std::nullopt);
}

TEST(EarlyStopping, says_of_each_check_whether_it_is_the_best_so_far) {
  EarlyStopping stopping(options(9), kLoss);
  EXPECT_TRUE(stopping.observe({10, 100, 1.0, {}}));
  EXPECT_FALSE(stopping.observe({20, 100, 1.0, {}}));
  EXPECT_TRUE(stopping.observe({30, 100, 0.5, {}}));
  EXPECT_EQ(stopping.best(), 0.5);
  EXPECT_EQ(stopping.checks_without_improvement(), 0);
}

TEST(EarlyStopping, a_change_of_min_delta_or_less_does_not_count) {
  EarlyStoppingOptions coarse = options(1);
  coarse.min_delta = 0.25;
  EXPECT_EQ(run(coarse, {1.0, 0.75}).rule, StoppingRule::Patience);
  EXPECT_EQ(run(coarse, {1.0, 0.7}).rule, std::nullopt);
}

TEST(EarlyStopping, the_greater_of_min_delta_and_its_share_counts) {
  EarlyStoppingOptions relative = options(1);
  relative.min_delta_relative = Fraction{0.1};
  EXPECT_EQ(run(relative, {4.0, 3.7}).rule, StoppingRule::Patience);
  EXPECT_EQ(run(relative, {4.0, 3.5}).rule, std::nullopt);
  EXPECT_EQ(run(relative, {-4.0, -4.3}).rule, StoppingRule::Patience);
  relative.min_delta = 1;
  EXPECT_EQ(run(relative, {4.0, 3.5}).rule, StoppingRule::Patience);
}

TEST(EarlyStopping, a_metric_that_should_rise_is_better_when_it_is_higher) {
  const Outcome outcome = run(options(1), {0.5, 0.6, 0.6}, kAccuracy);
  EXPECT_EQ(outcome.checks, 3);
  EXPECT_EQ(outcome.rule, StoppingRule::Patience);
}

TEST(EarlyStopping, does_not_count_the_checks_before_start_from) {
  EarlyStoppingOptions late = options(2);
  late.start_from = 3;
  EXPECT_EQ(run(late, {1.0, 1.1, 1.2, 1.3}).rule, std::nullopt);
  const Outcome outcome = run(late, {1.0, 1.1, 1.2, 1.3, 1.4});
  EXPECT_EQ(outcome.checks, 5);
  EXPECT_EQ(outcome.rule, StoppingRule::Patience);
}

TEST(EarlyStopping, the_best_weights_may_be_of_a_check_before_start_from) {
  EarlyStoppingOptions late = options(2);
  late.start_from = 3;
  EarlyStopping stopping(late, kLoss);
  EXPECT_TRUE(stopping.observe({10, 100, 1.0, {}}));
  EXPECT_TRUE(stopping.observe({20, 100, 0.5, {}}));
  EXPECT_FALSE(stopping.observe({30, 100, 0.7, {}}));
}

TEST(EarlyStopping, patience_starts_anew_only_when_the_baseline_is_beaten_too) {
  EarlyStoppingOptions with_baseline = options(3);
  with_baseline.baseline = 0.5;
  const Outcome outcome = run(with_baseline, {1.0, 0.9, 0.8, 0.7});
  EXPECT_EQ(outcome.checks, 3);
  EXPECT_EQ(outcome.rule, StoppingRule::Patience);
  EXPECT_THAT(outcome.reason, testing::HasSubstr("the baseline, 0.500, was not beaten"));
  EXPECT_EQ(run(with_baseline, {1.0, 0.4, 0.45, 0.45}).rule, std::nullopt);
}

TEST(EarlyStopping, stops_when_the_target_is_reached) {
  EarlyStoppingOptions modest = options(5);
  modest.target = 0.97;
  EarlyStopping stopping(modest, kAccuracy);
  EXPECT_EQ(checks_until_stop(stopping, {0.5, 0.96, 0.97, 0.99}), 3);
  EXPECT_EQ(stopping.stop()->rule, StoppingRule::Target);
  EXPECT_EQ(stopping.stop()->reason,
            "validation_accuracy is 0.970 and so reached the target, 0.970");
  EXPECT_EQ(stopping.target_step(), 30);
}

TEST(EarlyStopping, a_target_of_a_loss_is_reached_from_above) {
  EarlyStoppingOptions modest = options(5);
  modest.target = 0.5;
  EXPECT_EQ(run(modest, {0.9, 0.6}).rule, std::nullopt);
  EXPECT_EQ(run(modest, {0.9, 0.5}).rule, StoppingRule::Target);
}

TEST(EarlyStopping, notes_the_first_step_at_the_target_even_when_disabled) {
  EarlyStoppingOptions off = options(1);
  off.enabled = false;
  off.target = 0.5;
  EarlyStopping stopping(off, kLoss);
  EXPECT_EQ(checks_until_stop(stopping, {0.9, 0.4, 0.6, 0.3}), 4);
  EXPECT_EQ(stopping.target_step(), 20);
}

TEST(EarlyStopping, stops_past_the_divergence_limit) {
  EarlyStoppingOptions limited = options(0);
  limited.divergence = 5;
  const Outcome outcome = run(limited, {2.0, 5.0, 5.1});
  EXPECT_EQ(outcome.checks, 3);
  EXPECT_EQ(outcome.rule, StoppingRule::Divergence);
  EXPECT_EQ(outcome.reason, "validation_loss is 5.10, which is worse than the limit, 5.00");
  limited.start_from = 3;
  EXPECT_EQ(run(limited, {9.0, 9.0, 9.0, 1.0}).rule, std::nullopt);
  limited.start_from = 0;
  limited.divergence = 0.2;
  EXPECT_EQ(run(limited, {0.5, 0.1}, kAccuracy).rule, StoppingRule::Divergence);
}

TEST(EarlyStopping, stops_when_the_metric_is_not_finite) {
  for (const double value : {kNan, kInfinite, -kInfinite}) {
    const Outcome outcome = run(options(9), {1.0, value});
    EXPECT_EQ(outcome.rule, StoppingRule::NonFinite);
    EXPECT_EQ(outcome.reason, "validation_loss is not a finite number");
  }
}

TEST(EarlyStopping, takes_what_is_not_finite_for_no_improvement_when_told_to_ignore_it) {
  EarlyStoppingOptions ignoring = options(2);
  ignoring.non_finite = NonFiniteMetric::Ignore;
  ignoring.target = -10;
  EarlyStopping stopping(ignoring, kLoss);
  EXPECT_FALSE(stopping.observe({10, 100, kNan, {}}));
  EXPECT_TRUE(stopping.observe({20, 100, 1.0, {}}));
  EXPECT_FALSE(stopping.observe({30, 100, -kInfinite, {}}));
  EXPECT_FALSE(stopping.stop());
  EXPECT_FALSE(stopping.observe({40, 100, kNan, {}}));
  EXPECT_EQ(stopping.stop()->rule, StoppingRule::Patience);
}

TEST(EarlyStopping, never_stops_when_disabled_but_still_finds_the_best) {
  EarlyStoppingOptions off = options(1);
  off.enabled = false;
  off.divergence = 1.5;
  EarlyStopping stopping(off, kLoss);
  EXPECT_TRUE(stopping.observe({10, 100, 1.0, {}}));
  EXPECT_FALSE(stopping.observe({20, 100, 2.0, {}}));
  EXPECT_FALSE(stopping.observe({30, 100, kNan, {}}));
  EXPECT_FALSE(stopping.stop());
}

TEST(EarlyStopping, the_marginal_rule_says_what_the_next_evaluations_would_bring_and_cost) {
  EarlyStoppingOptions frugal = options(0);
  frugal.marginal.rate = 0.2;
  EarlyStopping stopping(frugal, kLoss);
  for (std::int64_t check = 1; !stopping.stop() && check < 100; ++check) {
    const double loss = 0.5 + 2 / static_cast<double>(check);
    stopping.observe({check * 10, 1000, loss, Joules{50.0 * static_cast<double>(check)}});
  }
  ASSERT_TRUE(stopping.stop());
  EXPECT_EQ(stopping.stop()->rule, StoppingRule::Marginal);
  EXPECT_THAT(stopping.stop()->reason,
              testing::MatchesRegex("the next 20 evaluations were predicted to improve "
                                    "validation_loss by [0-9.]+ % for 1.00 kJ, 20.0 % of the "
                                    "planned energy"));
}

TEST(EarlyStopping, the_marginal_rule_works_for_a_metric_that_should_rise) {
  EarlyStoppingOptions frugal = options(0);
  frugal.marginal.rate = 0.05;
  EarlyStopping stopping(frugal, kAccuracy);
  std::int64_t check = 1;
  for (; !stopping.stop() && check < 100; ++check) {
    stopping.observe({check * 10, 1000, 0.9 - 0.5 / static_cast<double>(check), {}});
  }
  ASSERT_TRUE(stopping.stop());
  EXPECT_GT(check, 12);
  EXPECT_THAT(stopping.stop()->reason, testing::HasSubstr("of the planned steps"));
}

}  // namespace
}  // namespace greentrain
