#include "trainer/stopping/marginal_rule.h"

#include <cmath>

#include <gtest/gtest.h>

namespace greentrain {
namespace {

constexpr std::int64_t kPlanned = 1000;
constexpr std::int64_t kEvery = 10;

double curve(std::int64_t check) { return 0.5 + 2 * std::pow(static_cast<double>(check), -0.7); }

MarginalOptions options(double rate) {
  MarginalOptions result;
  result.rate = rate;
  return result;
}

Check check_number(std::int64_t check, std::optional<Joules> joules = {}) {
  return {check * kEvery, kPlanned, curve(check), joules};
}

/// The check after which the rule stops the curve above; 0: it never does.
std::int64_t stops_at(MarginalRule rule, double joules_at_start = 0, double joules_per_check = 0) {
  for (std::int64_t check = 1; check <= kPlanned / kEvery; ++check) {
    const Joules spent{joules_at_start + joules_per_check * static_cast<double>(check)};
    rule.observe(check_number(check, joules_per_check > 0 ? std::optional(spent) : std::nullopt));
    if (rule.should_stop()) return check;
  }
  return 0;
}

TEST(MarginalRule, stops_where_the_formula_says) {
  // The rate of the true curve falls below 0.2 after check `expected`, and stays below it.
  const auto rate = [](std::int64_t check) {
    return (curve(check) - curve(check + 20)) / curve(check) / (20 * kEvery / double(kPlanned));
  };
  std::int64_t expected = 8;
  while (rate(expected) >= 0.2) ++expected;
  const std::int64_t stopped = stops_at(MarginalRule(options(0.2)));
  EXPECT_NEAR(static_cast<double>(stopped), static_cast<double>(expected + 2), 1);  // 3 confirm.
}

TEST(MarginalRule, a_lower_rate_stops_later_and_0_never) {
  const std::int64_t early = stops_at(MarginalRule(options(0.4)));
  const std::int64_t late = stops_at(MarginalRule(options(0.1)));
  EXPECT_GT(early, 0);
  EXPECT_GT(late, early);
  EXPECT_EQ(stops_at(MarginalRule(options(0))), 0);
}

TEST(MarginalRule, predicts_nothing_during_the_warmup) {
  MarginalOptions patient = options(1e6);
  patient.warmup = 20;
  patient.confirm = 1;
  EXPECT_EQ(stops_at(MarginalRule(patient)), 20);
}

TEST(MarginalRule, confirms_as_often_as_it_is_told) {
  MarginalOptions once = options(0.2);
  once.confirm = 1;
  MarginalOptions five_times = options(0.2);
  five_times.confirm = 5;
  EXPECT_EQ(stops_at(MarginalRule(five_times)), stops_at(MarginalRule(once)) + 4);
}

TEST(MarginalRule, even_energy_is_as_good_as_steps) {
  EXPECT_EQ(stops_at(MarginalRule(options(0.2)), 0, 3.5), stops_at(MarginalRule(options(0.2))));
}

TEST(MarginalRule, what_was_spent_before_the_first_step_makes_further_checks_cheaper) {
  EXPECT_GT(stops_at(MarginalRule(options(0.2)), /*joules_at_start=*/350, 3.5),
            stops_at(MarginalRule(options(0.2)), 0, 3.5));
}

TEST(MarginalRule, a_smaller_budget_makes_them_dearer) {
  MarginalOptions poor = options(0.2);
  poor.budget = Joules{100};  // All steps take 350 J.
  EXPECT_LT(stops_at(MarginalRule(poor), 0, 3.5), stops_at(MarginalRule(options(0.2)), 0, 3.5));
}

TEST(MarginalRule, asks_no_meter_when_steps_are_the_cost) {
  MarginalOptions by_steps = options(0.2);
  by_steps.cost = MarginalCost::Steps;
  EXPECT_EQ(stops_at(MarginalRule(by_steps), 5000, 3.5), stops_at(MarginalRule(options(0.2))));
}

TEST(MarginalRule, tells_what_the_next_checks_bring_and_cost) {
  MarginalRule rule(options(0.2));
  std::optional<MarginalForecast> forecast;
  for (std::int64_t check = 1; check <= 30; ++check) {
    forecast = rule.observe(check_number(check, Joules{2.0 * static_cast<double>(check)}));
  }
  ASSERT_TRUE(forecast);
  EXPECT_EQ(forecast->checks, 20);
  EXPECT_NEAR(forecast->gain, (curve(30) - curve(50)) / curve(30), 0.005);
  EXPECT_NEAR(forecast->joules->value, 40, 1e-9);
  EXPECT_NEAR(forecast->cost, 0.2, 1e-9);
}

TEST(MarginalRule, looks_no_further_than_the_plan) {
  MarginalRule rule(options(0.2));
  std::optional<MarginalForecast> forecast;
  for (std::int64_t check = 1; check <= 95; ++check) forecast = rule.observe(check_number(check));
  EXPECT_EQ(forecast->checks, 5);
  EXPECT_NEAR(forecast->cost, 0.05, 1e-12);
  for (std::int64_t check = 96; check <= 100; ++check) {
    forecast = rule.observe(check_number(check));
  }
  EXPECT_FALSE(forecast);
}

TEST(MarginalRule, counts_joules_from_the_first_check_that_has_some) {
  MarginalRule rule(options(0.2));
  std::optional<MarginalForecast> forecast;
  for (std::int64_t check = 1; check <= 30; ++check) {
    const Joules spent{2.0 * static_cast<double>(check)};
    forecast = rule.observe(check_number(check, check > 5 ? std::optional(spent) : std::nullopt));
  }
  ASSERT_TRUE(forecast->joules);
  EXPECT_NEAR(forecast->joules->value, 40, 1e-9);
}

TEST(MarginalRule, a_meter_that_stands_still_leaves_the_steps) {
  MarginalRule rule(options(0.2));
  std::optional<MarginalForecast> forecast;
  for (std::int64_t check = 1; check <= 30; ++check) {
    forecast = rule.observe(check_number(check, Joules{5}));
  }
  EXPECT_FALSE(forecast->joules);
  EXPECT_NEAR(forecast->cost, 0.2, 1e-12);
}

}  // namespace
}  // namespace greentrain
