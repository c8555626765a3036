#include "scheduler/carbon/series.h"

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"

namespace greentrain {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const UtcTime kNoon = *parse_utc("2026-11-20T12:00Z");

CarbonSeriesFields half_hours(std::vector<std::optional<GramsPerKwh>> values) {
  CarbonSeriesFields fields;
  fields.signal = {"DE", SignalKind::Average, EmissionBasis::Lifecycle, "test"};
  fields.method = SeriesMethod::Measured;
  fields.generated_at = fields.retrieved_at = kNoon;
  fields.start = kNoon;
  fields.step = 30min;
  fields.values = std::move(values);
  return fields;
}

std::string refusal(const CarbonSeriesFields& fields) {
  try {
    const CarbonSeries series(fields);
    return "accepted";
  } catch (const Error& error) {
    return error.what();
  }
}

TEST(CarbonSeries, answers_with_the_slot_that_holds_a_time) {
  const CarbonSeries series(half_hours({GramsPerKwh{100}, GramsPerKwh{200}}));
  EXPECT_EQ(series.at(kNoon), GramsPerKwh{100});
  EXPECT_EQ(series.at(kNoon + 29min), GramsPerKwh{100});
  EXPECT_EQ(series.at(kNoon + 30min), GramsPerKwh{200});
  EXPECT_EQ(series.end(), kNoon + 1h);
}

TEST(CarbonSeries, knows_nothing_outside_its_slots) {
  const CarbonSeries series(half_hours({GramsPerKwh{100}}));
  EXPECT_EQ(series.at(kNoon - 1s), std::nullopt);
  EXPECT_EQ(series.at(kNoon + 30min), std::nullopt);
  EXPECT_EQ(series.mean(kNoon, kNoon + 31min), std::nullopt);
}

TEST(CarbonSeries, takes_means_weighted_by_time) {
  const CarbonSeries series(half_hours({GramsPerKwh{100}, GramsPerKwh{200}}));
  EXPECT_EQ(series.mean(kNoon, kNoon + 1h), GramsPerKwh{150});
  EXPECT_EQ(series.mean(kNoon + 20min, kNoon + 40min), GramsPerKwh{150});
  EXPECT_EQ(series.mean(kNoon + 15min, kNoon + 60min)->value, (15 * 100.0 + 30 * 200.0) / 45);
  EXPECT_EQ(series.mean(kNoon, kNoon), std::nullopt);
}

TEST(CarbonSeries, keeps_a_missing_value_missing) {
  const CarbonSeries series(half_hours({GramsPerKwh{100}, std::nullopt, GramsPerKwh{300}}));
  EXPECT_EQ(series.at(kNoon + 30min), std::nullopt);
  EXPECT_EQ(series.mean(kNoon, kNoon + 90min), std::nullopt);
  EXPECT_EQ(series.missing(), 1u);
}

TEST(CarbonSeries, refuses_zero_negative_and_not_finite_values) {
  for (double bad : {0.0, -5.0, std::numeric_limits<double>::quiet_NaN(),
                     std::numeric_limits<double>::infinity()}) {
    EXPECT_THAT(refusal(half_hours({GramsPerKwh{100}, GramsPerKwh{bad}})),
                HasSubstr("at 2026-11-20T12:30Z, expected a finite number above 0"));
  }
}

TEST(CarbonSeries, refuses_a_series_without_slots_zone_provider_or_step) {
  EXPECT_THAT(refusal(half_hours({})), HasSubstr("0 slots"));
  CarbonSeriesFields fields = half_hours({GramsPerKwh{1}});
  fields.signal.zone = "";
  EXPECT_THAT(refusal(fields), HasSubstr("no zone"));
  fields = half_hours({GramsPerKwh{1}});
  fields.signal.provider = "";
  EXPECT_THAT(refusal(fields), HasSubstr("no provider"));
  fields = half_hours({GramsPerKwh{1}});
  fields.step = 0s;
  EXPECT_THAT(refusal(fields), HasSubstr("a step of 0 s"));
}

TEST(CarbonSignal, refuses_to_meet_another_zone_kind_basis_or_provider) {
  const CarbonSignal average{"DE", SignalKind::Average, EmissionBasis::Lifecycle, "a"};
  EXPECT_NO_THROW(require_same_signal(average, average));
  const auto refused = [&](auto change) {
    CarbonSignal other = average;
    change(other);
    EXPECT_THROW(require_same_signal(average, other), Error);
  };
  refused([](CarbonSignal& signal) { signal.zone = "FR"; });
  refused([](CarbonSignal& signal) { signal.kind = SignalKind::Marginal; });
  refused([](CarbonSignal& signal) { signal.basis = EmissionBasis::Direct; });
  refused([](CarbonSignal& signal) { signal.provider = "b"; });
}

TEST(Resample, keeps_means_from_fine_to_coarse_and_back) {
  const CarbonSeries halves(
      half_hours({GramsPerKwh{100}, GramsPerKwh{200}, GramsPerKwh{300}, GramsPerKwh{400}}));
  const CarbonSeries hours = resample(halves, kNoon, kNoon + 2h, 1h);
  EXPECT_THAT(hours.values(), ElementsAre(GramsPerKwh{150}, GramsPerKwh{350}));
  const CarbonSeries quarters = resample(halves, kNoon, kNoon + 1h, 15min);
  EXPECT_THAT(quarters.values(),
              ElementsAre(GramsPerKwh{100}, GramsPerKwh{100}, GramsPerKwh{200}, GramsPerKwh{200}));
}

TEST(Resample, leaves_out_what_is_not_wholly_known) {
  const CarbonSeries halves(half_hours({GramsPerKwh{100}, std::nullopt, GramsPerKwh{300}}));
  const CarbonSeries hours = resample(halves, kNoon - 1h, kNoon + 2h, 1h);
  EXPECT_THAT(hours.values(), ElementsAre(std::nullopt, std::nullopt, std::nullopt));
  EXPECT_THROW(resample(halves, kNoon, kNoon, 1h), Error);
  EXPECT_THROW(resample(halves, kNoon, kNoon + 1h, 0s), Error);
}

}  // namespace
}  // namespace greentrain
