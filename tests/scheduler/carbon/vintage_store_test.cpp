#include "scheduler/carbon/vintage_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "tests/fakes/test_folder.h"
#include "tests/scheduler/carbon/sample_series.h"

namespace greentrain {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::SizeIs;

const CarbonSignal kSignal = sample_fields(kSampleNow, kSampleNow, {1}).signal;
constexpr UtcTime kEver = UtcTime::max();

class Store : public ::testing::Test {
 protected:
  std::int64_t add(const CarbonSeriesFields& fields) { return store_.append(CarbonSeries(fields)); }
  std::vector<PublishedValue> observed(UtcTime as_of) {
    return store_.observed(kSignal, kSampleNow, kSampleNow + 24h, as_of);
  }

  const TestFolder folder_;
  VintageStore store_{folder_ / "carbon.sqlite"};
};

TEST_F(Store, gives_a_vintage_back_as_it_was_appended) {
  const CarbonSeries series(
      sample_fields(kSampleNow, kSampleNow + 1h, {100.25, std::nullopt, 300}));
  const std::int64_t id = store_.append(series);
  const CarbonSeries back = VintageStore(folder_ / "carbon.sqlite").vintage(id);
  EXPECT_EQ(back.signal(), series.signal());
  EXPECT_EQ(back.method(), series.method());
  EXPECT_EQ(back.generated_at(), series.generated_at());
  EXPECT_EQ(back.retrieved_at(), series.retrieved_at());
  EXPECT_EQ(back.start(), series.start());
  EXPECT_EQ(back.step(), series.step());
  EXPECT_EQ(back.values(), series.values());
  EXPECT_THROW(store_.vintage(id + 1), Error);
}

TEST_F(Store, adds_the_same_vintage_once) {
  const CarbonSeriesFields first = sample_fields(kSampleNow, kSampleNow + 1h, {100});
  CarbonSeriesFields again = first;
  again.retrieved_at += 5min;
  CarbonSeriesFields changed = again;
  changed.values[0] = GramsPerKwh{101};
  EXPECT_EQ(add(first), add(again));
  EXPECT_NE(add(first), add(changed));
}

TEST_F(Store, answers_as_of_a_moment_with_what_was_known_then) {
  add(sample_fields(kSampleNow, kSampleNow + 1h, {100}));
  add(sample_fields(kSampleNow, kSampleNow + 2h, {120, 200}));
  EXPECT_THAT(observed(kSampleNow + 59min), SizeIs(0));
  ASSERT_THAT(observed(kSampleNow + 1h), SizeIs(1));
  EXPECT_EQ(observed(kSampleNow + 1h)[0].value, GramsPerKwh{100});
  ASSERT_THAT(observed(kSampleNow + 2h), SizeIs(2));
  EXPECT_EQ(observed(kSampleNow + 2h)[0].value, GramsPerKwh{120});
  EXPECT_EQ(observed(kSampleNow + 2h)[0].retrieved_at, kSampleNow + 2h);
}

TEST_F(Store, keeps_the_first_value_when_a_slot_is_restated) {
  add(sample_fields(kSampleNow, kSampleNow + 1h, {100}));
  add(sample_fields(kSampleNow, kSampleNow + 2h, {150, 200}));
  add(sample_fields(kSampleNow, kSampleNow + 3h, {140, 200}));
  const auto slots = store_.restatements(kSignal, kSampleNow, kSampleNow + 24h);
  ASSERT_THAT(slots, SizeIs(2));
  EXPECT_EQ(slots[0].first.value, GramsPerKwh{100});
  EXPECT_EQ(slots[0].first.retrieved_at, kSampleNow + 1h);
  EXPECT_EQ(slots[0].last.value, GramsPerKwh{140});
  EXPECT_EQ(slots[1].last.value, slots[1].first.value);
  EXPECT_EQ(slots[1].last.retrieved_at, kSampleNow + 2h);
}

TEST_F(Store, prefers_a_measurement_to_a_later_estimate) {
  CarbonSeriesFields estimate = sample_fields(kSampleNow, kSampleNow + 1h, {90});
  estimate.method = SeriesMethod::Estimated;
  add(estimate);
  add(sample_fields(kSampleNow, kSampleNow + 2h, {100}));
  estimate.generated_at = estimate.retrieved_at = kSampleNow + 3h;
  estimate.values[0] = GramsPerKwh{95};
  add(estimate);
  ASSERT_THAT(observed(kEver), SizeIs(1));
  EXPECT_EQ(observed(kEver)[0].value, GramsPerKwh{100});
}

TEST_F(Store, never_takes_a_forecast_for_an_observation) {
  CarbonSeriesFields forecast = sample_fields(kSampleNow, kSampleNow, {90, 91});
  forecast.method = SeriesMethod::Forecast;
  add(forecast);
  EXPECT_THAT(observed(kEver), SizeIs(0));
  EXPECT_EQ(store_.newest(kSignal, SeriesMethod::Forecast, kEver)->size(), 2u);
}

TEST_F(Store, keeps_signals_apart) {
  add(sample_fields(kSampleNow, kSampleNow, {100}));
  CarbonSeriesFields other = sample_fields(kSampleNow, kSampleNow, {900});
  other.signal.kind = SignalKind::Marginal;
  add(other);
  ASSERT_THAT(observed(kEver), SizeIs(1));
  EXPECT_EQ(observed(kEver)[0].value, GramsPerKwh{100});
  EXPECT_THAT(store_.signals_of("DE"), ElementsAre(other.signal, kSignal));
  EXPECT_THAT(store_.signals_of("FR"), SizeIs(0));
  EXPECT_TRUE(store_.has_answered("sample"));
  EXPECT_FALSE(store_.has_answered("another"));
}

TEST_F(Store, finds_the_newest_vintage_and_all_of_a_span) {
  for (const auto hours : {1h, 3h, 2h}) add(sample_fields(kSampleNow, kSampleNow + hours, {100}));
  const auto at = [&](UtcTime as_of) {
    return store_.newest(kSignal, SeriesMethod::Measured, as_of);
  };
  EXPECT_EQ(at(kSampleNow), std::nullopt);
  EXPECT_EQ(at(kEver)->retrieved_at(), kSampleNow + 3h);
  EXPECT_EQ(at(kSampleNow + 2h)->retrieved_at(), kSampleNow + 2h);
  const auto span = store_.retrieved(kSignal, SeriesMethod::Measured, kSampleNow, kSampleNow + 3h);
  ASSERT_THAT(span, SizeIs(2));
  EXPECT_LT(span[0].retrieved_at(), span[1].retrieved_at());
}

TEST_F(Store, refuses_to_change_or_delete_what_it_holds) {
  add(sample_fields(kSampleNow, kSampleNow, {100}));
  SqliteDatabase file(folder_ / "carbon.sqlite");
  for (const char* sql :
       {"UPDATE published SET grams_per_kwh = 1", "DELETE FROM published",
        "UPDATE vintage SET zone = 'FR'", "DELETE FROM vintage",
        "INSERT INTO published VALUES (1, 0, 0.0)", "INSERT INTO published VALUES (99, 0, 1.0)"}) {
    EXPECT_THROW(file.execute(sql), Error) << sql;
  }
}

TEST_F(Store, refuses_a_file_of_a_newer_layout) {
  SqliteDatabase(folder_ / "newer.sqlite").execute("PRAGMA user_version = 99");
  EXPECT_THROW(VintageStore(folder_ / "newer.sqlite"), Error);
}

}  // namespace
}  // namespace greentrain
