#include "trainer/run/inference_cost.h"

#include <cmath>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace greentrain {
namespace {

using testing::HasSubstr;

Energy measured(double joules, double lo, double hi) {
  return {.joules = {joules},
          .lo = {lo},
          .hi = {hi},
          .covered_fraction = 1,
          .quality = Quality::Measured};
}

InferenceCost cost(std::int64_t batch = 1) {
  return {.batch = batch,
          .runs = {{1000, Seconds(1), measured(200, 180, 220)},
                   {1000, Seconds(1), measured(220, 200, 240)},
                   {2000, Seconds(2), measured(420, 380, 460)}}};
}

InferenceReport report() {
  InferenceReport report;
  report.run_directory = "runs/digits-1";
  report.device = "cpu";
  report.threads = 2;
  report.queries = 1000;
  report.warmup = 10;
  report.costs = {cost(1), cost(64)};
  report.training = measured(8400, 7600, 9200);
  report.energy.excludes = {"DRAM"};
  return report;
}

TEST(InferenceCost, is_the_mean_of_the_repetitions_by_query) {
  const MeanInterval joules = cost().joules_per_query();
  EXPECT_DOUBLE_EQ(joules.mean, 0.21);
  EXPECT_LT(joules.lo, 0.2);
  EXPECT_GT(joules.hi, 0.22);
}

TEST(InferenceCost, is_never_below_nothing_and_has_no_interval_of_one_repetition) {
  InferenceCost apart = cost();
  apart.runs = {{1000, Seconds(1), measured(1, 0, 2)}, {1000, Seconds(1), measured(500, 400, 600)}};
  EXPECT_EQ(apart.joules_per_query().lo, 0);
  InferenceReport one = report();
  one.costs[0].runs.resize(1);
  const nlohmann::json json = to_json(one);
  EXPECT_TRUE(json["batches"][0]["joules_per_query"]["lo"].is_null());
  EXPECT_TRUE(json["batches"][0]["wh_per_1000_queries"]["hi"].is_null());
  EXPECT_DOUBLE_EQ(json["batches"][0]["joules_per_query"]["mean"].get<double>(), 0.2);
  EXPECT_THAT(to_text(one), HasSubstr("one repetition"));
}

TEST(InferenceCost, has_the_bounds_of_the_sensors_over_all_queries) {
  const MeanInterval bounds = cost().sensor_bounds();
  EXPECT_DOUBLE_EQ(bounds.lo, 760.0 / 4000);
  EXPECT_DOUBLE_EQ(bounds.mean, 840.0 / 4000);
  EXPECT_DOUBLE_EQ(bounds.hi, 920.0 / 4000);
  EXPECT_DOUBLE_EQ(cost().queries_per_s(), 1000);
}

TEST(BreakEven, is_where_answers_have_drawn_as_much_as_the_training) {
  const auto even = break_even(measured(8400, 7600, 9200), cost());
  ASSERT_TRUE(even);
  EXPECT_DOUBLE_EQ(even->queries, 40000);
  EXPECT_DOUBLE_EQ(even->lo, std::ceil(7600 / 0.23));
  EXPECT_DOUBLE_EQ(even->hi.value(), std::ceil(9200 / 0.19));
}

TEST(BreakEven, has_no_upper_end_where_answers_may_cost_nothing) {
  InferenceCost cheap{.batch = 1, .runs = {{1000, Seconds(1), measured(200, 0, 400)}}};
  const auto even = break_even(measured(8400, 7600, 9200), cheap);
  ASSERT_TRUE(even);
  EXPECT_FALSE(even->hi);
}

TEST(BreakEven, is_unknown_where_either_is) {
  EXPECT_FALSE(break_even(Energy{}, cost()));
  InferenceCost blind = cost();
  blind.runs[1].energy = Energy{};
  EXPECT_FALSE(break_even(measured(8400, 7600, 9200), blind));
  EXPECT_FALSE(blind.measured());
}

TEST(InferenceReport, gives_watt_hours_for_a_thousand_queries) {
  const nlohmann::json json = to_json(report());
  const auto& first = json["batches"][0];
  EXPECT_NEAR(first["wh_per_1000_queries"]["mean"].get<double>(), 0.21 * 1000 / 3600, 1e-12);
  EXPECT_EQ(first["outweighs_training_after"]["queries"], 40000);
  EXPECT_EQ(first["quality"], "measured");
  EXPECT_EQ(json["training_joules"], 8400);
  EXPECT_EQ(json["batches"][1]["batch_size"], 64);
}

TEST(InferenceReport, says_null_where_nothing_was_measured) {
  InferenceReport blind = report();
  blind.costs[0].runs[0].energy = Energy{};
  blind.training.reset();
  const nlohmann::json json = to_json(blind);
  EXPECT_TRUE(json["batches"][0]["joules_per_query"].is_null());
  EXPECT_TRUE(json["training_joules"].is_null());
  EXPECT_THAT(to_text(blind), HasSubstr("unmeasured"));
  EXPECT_THAT(to_text(blind), HasSubstr("not known"));
}

TEST(InferenceReport, tells_people_the_same) {
  const std::string text = to_text(report());
  EXPECT_THAT(text, HasSubstr("1000 queries, 3 repetitions, on cpu with 2 threads"));
  EXPECT_THAT(text, HasSubstr("210 mJ"));
  EXPECT_THAT(text, HasSubstr("outweighs it after 40000 queries at batch 1"));
  EXPECT_THAT(text, HasSubstr("Not included: DRAM"));
}

}  // namespace
}  // namespace greentrain
