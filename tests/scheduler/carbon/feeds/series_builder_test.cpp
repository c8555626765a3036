#include "scheduler/carbon/feeds/series_builder.h"

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/scheduler/carbon/sample_series.h"

namespace greentrain {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

SeriesBuilder builder(std::optional<std::chrono::seconds> step,
                      SignalKind kind = SignalKind::Average) {
  return {{"test", "source"},
          {"DE", kind, EmissionBasis::Direct, "test"},
          SeriesMethod::Measured,
          step};
}

SeriesBuilder hours(const std::vector<std::optional<double>>& values,
                    SignalKind kind = SignalKind::Average) {
  SeriesBuilder made = builder(1h, kind);
  for (std::size_t hour = 0; hour < values.size(); ++hour) {
    made.add(kSampleNow + static_cast<int>(hour) * 1h,
             values[hour] ? std::optional(GramsPerKwh{*values[hour]}) : std::nullopt,
             "row " + std::to_string(hour));
  }
  return made;
}

std::vector<std::optional<double>> twenty_with(std::optional<double> odd) {
  std::vector<std::optional<double>> values(20, 300.0);
  values[10] = odd;
  return values;
}

FeedFault rejection(SeriesBuilder made) {
  try {
    made.build(kSampleNow, kSampleNow);
  } catch (const FeedError& error) {
    return error.fault();
  }
  return {FaultKind::Malformed, "", "", "", "accepted", ""};
}

TEST(SeriesBuilder, drops_a_value_that_cannot_be_and_says_where) {
  for (const double odd :
       {0.0, -1.0, 1501.0, 1000.0, 50.0, std::numeric_limits<double>::quiet_NaN(),
        std::numeric_limits<double>::infinity()}) {
    const auto result = hours(twenty_with(odd)).build(kSampleNow, kSampleNow);
    ASSERT_TRUE(result.series) << odd;
    EXPECT_EQ(result.series->at(kSampleNow + 10h), std::nullopt) << odd;
    EXPECT_EQ(result.series->at(kSampleNow + 11h), GramsPerKwh{300}) << odd;
    ASSERT_THAT(result.faults, SizeIs(1)) << odd;
    EXPECT_EQ(result.faults[0].kind, FaultKind::Implausible);
    EXPECT_EQ(result.faults[0].where, "row 10");
  }
}

TEST(SeriesBuilder, keeps_steep_but_possible_ramps) {
  const auto result = hours({300, 180, 95, 220, 400}).build(kSampleNow, kSampleNow);
  EXPECT_THAT(result.faults, IsEmpty());
}

TEST(SeriesBuilder, lets_a_marginal_signal_jump) {
  const auto result = hours({900, 50, 900}, SignalKind::Marginal).build(kSampleNow, kSampleNow);
  EXPECT_THAT(result.faults, IsEmpty());
}

TEST(SeriesBuilder, rejects_an_answer_of_which_a_part_is_in_another_unit) {
  std::vector<std::optional<double>> values(20, 300.0);
  for (std::size_t hour = 10; hour < 20; ++hour) values[hour] = 0.3;  // kg/kWh
  const FeedFault fault = rejection(hours(values));
  EXPECT_EQ(fault.kind, FaultKind::Suspect);
  EXPECT_EQ(fault.where, "row 10");
  EXPECT_THAT(fault.found, HasSubstr("10 of 20"));
}

TEST(SeriesBuilder, takes_a_value_that_is_not_there_for_a_gap_and_not_for_a_fault) {
  const auto result = hours(twenty_with(std::nullopt)).build(kSampleNow, kSampleNow);
  EXPECT_THAT(result.faults, IsEmpty());
  EXPECT_EQ(result.series->missing(), 1u);
}

TEST(SeriesBuilder, makes_no_series_of_nothing) {
  EXPECT_EQ(hours({}).build(kSampleNow, kSampleNow).series, std::nullopt);
  EXPECT_EQ(hours({std::nullopt}).build(kSampleNow, kSampleNow).series, std::nullopt);
}

TEST(SeriesBuilder, leaves_out_what_is_not_known_at_both_ends) {
  const auto series = hours({std::nullopt, 5, std::nullopt}).build(kSampleNow, kSampleNow).series;
  EXPECT_EQ(series->start(), kSampleNow + 1h);
  EXPECT_EQ(series->size(), 1u);
}

TEST(SeriesBuilder, finds_the_step_and_keeps_gaps) {
  SeriesBuilder made = builder(std::nullopt);
  for (const auto minutes : {0min, 15min, 30min, 60min, 75min}) {
    made.add(kSampleNow + minutes, GramsPerKwh{100}, "row");
  }
  const auto series = made.build(kSampleNow, kSampleNow).series;
  EXPECT_EQ(series->step(), 15min);
  EXPECT_EQ(series->size(), 6u);
  EXPECT_EQ(series->missing(), 1u);
}

TEST(SeriesBuilder, rejects_times_that_repeat_go_back_or_leave_the_grid) {
  for (const auto& [second, third, found] : {std::tuple{60min, 60min, "a second time"},
                                             {60min, 0min, "after 2026-11-20T13:00Z"},
                                             {60min, 90min, "off the grid of 60 min"}}) {
    SeriesBuilder made = builder(1h);
    made.add(kSampleNow, GramsPerKwh{1}, "a");
    made.add(kSampleNow + second, GramsPerKwh{1}, "b");
    made.add(kSampleNow + third, GramsPerKwh{1}, "c");
    const FeedFault fault = rejection(std::move(made));
    EXPECT_EQ(fault.kind, FaultKind::Suspect);
    EXPECT_EQ(fault.where, "c");
    EXPECT_THAT(fault.found, HasSubstr(found));
  }
}

TEST(SeriesBuilder, refuses_more_slots_than_a_series_may_have_without_making_them) {
  SeriesBuilder made = builder(1s);
  made.add(kSampleNow, GramsPerKwh{1}, "a");
  made.add(kSampleNow + 24h * 36500, GramsPerKwh{1}, "b");
  EXPECT_THAT(rejection(std::move(made)).found, HasSubstr("slots after the first row"));
}

TEST(SeriesBuilder, needs_two_rows_or_a_step) {
  SeriesBuilder made = builder(std::nullopt);
  made.add(kSampleNow, GramsPerKwh{1}, "a");
  EXPECT_THAT(rejection(std::move(made)).expected, HasSubstr("at least two"));
  SeriesBuilder nothing = builder(0s);
  nothing.add(kSampleNow, GramsPerKwh{1}, "a");
  EXPECT_THAT(rejection(std::move(nothing)).found, HasSubstr("slots of 0 s"));
}

}  // namespace
}  // namespace greentrain
