#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scheduler/carbon/forecast/delay_rule.h"
#include "scheduler/carbon/forecast/outlook.h"
#include "tests/fakes/test_folder.h"
#include "tests/scheduler/carbon/forecast/synthetic_grid.h"

namespace greentrain {
namespace {

using namespace std::chrono_literals;
using ::testing::Each;
using ::testing::Eq;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const ForecastSkill& named(const std::vector<ForecastSkill>& skills, const std::string& name) {
  for (const ForecastSkill& skill : skills) {
    if (skill.model == name) return skill;
  }
  throw std::out_of_range(name);
}

TEST(KnownHistory, learns_restated_values_and_keeps_gaps) {
  KnownHistory history(kSampleNow, 1h);
  history.learn({kSampleNow, 1h, {100}, SeriesMethod::Measured, kSampleNow});
  history.learn({kSampleNow + 2h, 1h, {300}, SeriesMethod::Measured, kSampleNow});
  history.learn({kSampleNow, 1h, {110}, SeriesMethod::Measured, kSampleNow});
  EXPECT_EQ(history.at(kSampleNow + 30min), 110);
  EXPECT_EQ(history.at(kSampleNow + 1h), std::nullopt);
  EXPECT_EQ(history.last(), kSampleNow + 2h);
  EXPECT_EQ(history.mean(kSampleNow, kSampleNow + 3h), std::nullopt);
  history.learn({kSampleNow - 48h, 1h, {1}, SeriesMethod::Measured, kSampleNow});
  EXPECT_EQ(history.at(kSampleNow - 48h), std::nullopt) << "before its start";
}

TEST(KnownHistory, spreads_a_long_slot_and_passes_over_a_part_of_one) {
  KnownHistory history(kSampleNow, 30min);
  history.learn({kSampleNow, 1h, {100}, SeriesMethod::Measured, kSampleNow});
  history.learn({kSampleNow + 75min, 30min, {200}, SeriesMethod::Measured, kSampleNow});
  EXPECT_EQ(history.at(kSampleNow + 30min), 100);
  EXPECT_EQ(history.last(), kSampleNow + 30min);
}

TEST(Models, repeat_a_grid_that_repeats_itself) {
  const KnownHistory history = learn_all(publish(35, 1h, daily_shape));
  for (const ForecastModel& model : local_models()) {
    if (model.name == "persistence") continue;
    const Prediction prediction = model.predict(history, kSampleNow, 48);
    for (std::size_t hour = 0; hour < 48; ++hour) {
      ASSERT_TRUE(prediction[hour]) << model.name;
      EXPECT_NEAR(*prediction[hour], daily_shape(kSampleNow + static_cast<int>(hour) * 1h), 1e-9)
          << model.name << " " << hour;
    }
  }
}

TEST(Models, know_nothing_without_history) {
  const KnownHistory history = learn_all({});
  for (const ForecastModel& model : local_models()) {
    EXPECT_THAT(model.predict(history, kSampleNow, 3), Each(Eq(std::nullopt))) << model.name;
  }
}

TEST(Models, forecast_nothing_from_a_history_that_ended_a_week_ago) {
  const KnownHistory history = learn_all(publish(20, 1h, daily_shape));
  for (const ForecastModel& model : local_models()) {
    EXPECT_TRUE(model.predict(history, kSampleNow + 6 * 24h, 1)[0]) << model.name;
    EXPECT_FALSE(model.predict(history, kSampleNow + 7 * 24h, 1)[0]) << model.name;
  }
}

TEST(Models, use_an_older_day_where_yesterday_is_missing) {
  std::vector<PublishedValue> values =
      publish(4, 1h, [](UtcTime time) { return time < kSampleNow - 48h ? 200.0 : 300.0; });
  std::erase_if(values, [](const PublishedValue& value) {
    return value.start >= kSampleNow - 24h && value.start < kSampleNow - 12h;
  });
  const Prediction prediction = predict_seasonal_naive(learn_all(values), kSampleNow, 24);
  EXPECT_EQ(prediction[0], 300) << "two days before";
  EXPECT_EQ(prediction[13], 300);
}

TEST(Models, count_the_lead_from_the_last_value_and_not_from_now) {
  // Everything moved up by 60 for the last 6 known hours.
  const auto shifted = [](std::chrono::hours lag) {
    return learn_all(publish(
        10, lag, [lag](UtcTime time) { return 300.0 + (time >= kSampleNow - lag - 6h ? 60 : 0); }));
  };
  const Prediction soon = predict_level(shifted(1h), kSampleNow, 12);
  const Prediction late = predict_level(shifted(7h), kSampleNow, 12);
  EXPECT_NEAR(*soon[0], 300 + 60 * std::exp(-2.0 / 6), 1e-9);
  EXPECT_NEAR(*late[0], 300 + 60 * std::exp(-8.0 / 6), 1e-9);
  EXPECT_NEAR(*soon[6], *late[0], 1e-9);
}

TEST(Models, tell_weekends_from_workdays) {
  const auto weekly = [](UtcTime time) {
    const std::chrono::weekday day{std::chrono::floor<std::chrono::days>(time)};
    return day == std::chrono::Saturday || day == std::chrono::Sunday ? 150.0 : 300.0;
  };
  // kSampleNow is a Friday at noon.
  const Prediction prediction =
      predict_climatology(learn_all(publish(28, 1h, weekly)), kSampleNow, 72);
  EXPECT_NEAR(*prediction[1], 300, 1e-9);
  EXPECT_NEAR(*prediction[13], 150, 1e-9);
  EXPECT_NEAR(*prediction[59], 150, 1e-9);
}

TEST(Models, never_forecast_zero_or_less) {
  const auto collapsed = [](UtcTime time) { return time >= kSampleNow - 6h ? 5.0 : 300.0; };
  for (const ForecastModel& model : local_models()) {
    for (const auto& value : model.predict(learn_all(publish(10, 1h, collapsed)), kSampleNow, 24)) {
      EXPECT_GT(value.value_or(1), 0) << model.name;
    }
  }
}

TEST(Conformal, promises_nothing_on_too_few_errors) {
  ConformalBands bands(0.8);  // 9 errors are needed for 10 % on each side.
  for (int error = 0; error < 8; ++error) bands.add(0, error);
  EXPECT_EQ(bands.around(100, 0), std::nullopt);
  bands.add(0, 8);
  ASSERT_TRUE(bands.around(100, 0));
  EXPECT_EQ(bands.around(100, 0)->low, GramsPerKwh{100});
  EXPECT_EQ(bands.around(100, 0)->high, GramsPerKwh{108});
  EXPECT_EQ(bands.around(100, 1), std::nullopt);
}

TEST(Conformal, covers_as_promised_when_errors_come_in_any_order) {
  std::mt19937 random(3);
  const auto draw = [&] { return static_cast<double>(random() % 10000) / 100 - 30; };
  ConformalBands bands(0.8);
  for (int error = 0; error < 400; ++error) bands.add(0, draw());
  int inside = 0;
  for (int trial = 0; trial < 10000; ++trial) {
    const double truth = 500 + draw();
    const auto range = bands.around(500, 0);
    if (truth >= range->low.value && truth <= range->high.value) ++inside;
  }
  EXPECT_NEAR(inside / 10000.0, 0.8, 0.05);
}

TEST(Conformal, keeps_the_lower_end_above_zero) {
  ConformalBands bands(0.8);
  for (int error = 0; error < 20; ++error) bands.add(0, -500.0 + error);
  EXPECT_GT(bands.around(100, 0)->low.value, 0);
}

TEST(Backtest, finds_skill_in_a_grid_with_a_daily_shape) {
  const auto published = publish(240, 1h, wandering_shape(1));
  const auto skills = backtest(published, local_models(), {});
  ASSERT_THAT(skills, SizeIs(local_models().size()));
  const ForecastSkill& level = named(skills, "level");
  EXPECT_GT(level.skill_over_persistence, 0.2);
  EXPECT_GT(level.skill_over_seasonal_naive, 0);
  EXPECT_GT(level.realised_at_least.value, 0.05);
  EXPECT_LE(level.realised_saving, level.possible_saving);
  EXPECT_GT(level.days, 50u);
  ASSERT_TRUE(level.coverage);
  EXPECT_NEAR(*level.coverage, 0.8, 0.08);
}

TEST(Backtest, saves_nothing_with_persistence_and_has_no_skill_over_itself) {
  const auto skills = backtest(publish(30, 1h, wandering_shape(2)), local_models(), {});
  const ForecastSkill& persistence = named(skills, "persistence");
  EXPECT_EQ(persistence.realised_saving, Fraction{0});
  EXPECT_EQ(persistence.skill_over_persistence, 0);
  EXPECT_EQ(named(skills, "seasonal-naive").skill_over_seasonal_naive, 0);
}

TEST(Backtest, finds_no_skill_in_noise) {
  const auto skills = backtest(publish(60, 1h, noise_shape(5)), local_models(), {});
  EXPECT_LE(named(skills, "seasonal-naive").realised_at_least.value, 0);
}

TEST(Backtest, uses_nothing_that_was_not_known_yet) {
  // The first values are wrong and restated a day later: a forecaster saw the wrong ones.
  auto published = publish(30, 1h, [](UtcTime) { return 100.0; });
  const std::size_t count = published.size();
  for (std::size_t value = 0; value < count; ++value) {
    PublishedValue restated = published[value];
    restated.value = GramsPerKwh{200};
    restated.retrieved_at += 24h * 6;
    published.push_back(restated);
  }
  const auto ordered = in_order_of_retrieval(published, 1h);
  // Restated values come with a lag of six days, which is no download of the past here.
  std::vector<PublishedValue> replay = published;
  std::stable_sort(replay.begin(), replay.end(),
                   [](const auto& a, const auto& b) { return a.retrieved_at < b.retrieved_at; });
  const auto skills = backtest(replay, local_models(), {});
  EXPECT_NEAR(named(skills, "persistence").mean_absolute_error.value, 100, 1e-9);
  EXPECT_EQ(ordered.size(), published.size());
}

TEST(Backtest, judges_nothing_on_a_short_past) {
  EXPECT_THAT(backtest({}, local_models(), {}), IsEmpty());
  EXPECT_THAT(backtest(publish(5, 1h, daily_shape), local_models(), {}), IsEmpty());
}

TEST(InOrderOfRetrieval, assumes_a_lag_for_a_download_of_the_past_only) {
  const PublishedValue polled{kSampleNow - 3h, 1h, {1}, SeriesMethod::Measured, kSampleNow};
  const PublishedValue downloaded{kSampleNow - 72h, 1h, {1}, SeriesMethod::Measured, kSampleNow};
  const auto ordered = in_order_of_retrieval({polled, downloaded}, 2h);
  EXPECT_EQ(ordered[0].retrieved_at, kSampleNow - 69h);
  EXPECT_EQ(ordered[1].retrieved_at, kSampleNow);
}

ForecastSkill skilled() {
  ForecastSkill skill;
  skill.days = 30;
  skill.skill_over_persistence = 0.3;
  skill.realised_saving = {0.1};
  skill.realised_at_least = {0.05};
  return skill;
}

TEST(WorthDelaying, needs_gain_history_and_skill) {
  const DelayMinimum minimum{Grams{10}, Fraction{0.02}, 7};
  const auto verdict = [&](double gain, double run_now, std::optional<ForecastSkill> skill) {
    return worth_delaying(Grams{gain}, Grams{run_now}, skill, minimum);
  };
  EXPECT_EQ(verdict(20, 100, skilled()), DelayVerdict::Worth);
  EXPECT_EQ(verdict(9, 100, skilled()), DelayVerdict::GainTooSmall);
  EXPECT_EQ(verdict(19, 1000, skilled()), DelayVerdict::GainTooSmall) << "below 2 %";
  EXPECT_EQ(verdict(-5, 100, skilled()), DelayVerdict::GainTooSmall);
  EXPECT_EQ(verdict(20, 100, std::nullopt), DelayVerdict::TooFewDays);
  ForecastSkill young = skilled();
  young.days = 6;
  EXPECT_EQ(verdict(20, 100, young), DelayVerdict::TooFewDays);
  ForecastSkill unproven = skilled();
  unproven.realised_at_least = {0};
  EXPECT_EQ(verdict(20, 100, unproven), DelayVerdict::NoSkill);
  ForecastSkill worse = skilled();
  worse.skill_over_persistence = 0;
  EXPECT_EQ(verdict(20, 100, worse), DelayVerdict::NoSkill);
}

TEST(WorthDelaying, never_delays_for_no_gain_at_all) {
  EXPECT_EQ(worth_delaying(Grams{0}, Grams{0}, skilled(), {Grams{0}, Fraction{0}, 0}),
            DelayVerdict::GainTooSmall);
}

/// A store with observed values up to an hour ago and a provider's forecast of 6 hours.
class OutlookOf : public ::testing::Test {
 protected:
  void observe(int days) {
    CarbonSeriesFields fields = sample_fields(kSampleNow - days * 24h, kSampleNow, {});
    for (UtcTime hour = fields.start; hour < kSampleNow - 1h; hour += 1h) {
      fields.values.push_back(GramsPerKwh{daily_shape(hour)});
    }
    store_.append(CarbonSeries(fields));
  }
  void forecast() {
    CarbonSeriesFields fields = sample_fields(kSampleNow, kSampleNow, {1, 2, 3, 4, 5, 6});
    fields.method = SeriesMethod::Forecast;
    store_.append(CarbonSeries(fields));
  }
  std::optional<Outlook> outlook(FeedState state) {
    OutlookSettings settings;
    settings.horizon = 24h;
    return make_outlook(store_, sample_fields(kSampleNow, kSampleNow, {}).signal, kSampleNow, state,
                        settings);
  }
  VintageStore store_{":memory:"};
};

TEST_F(OutlookOf, is_empty_where_nothing_is_known) {
  EXPECT_EQ(outlook(FeedState::Blind), std::nullopt);
}

TEST_F(OutlookOf, takes_the_provider_first_and_then_the_local_forecast) {
  observe(30);
  forecast();
  const auto seen = outlook(FeedState::Short);
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->provider_end, kSampleNow + 6h);
  EXPECT_EQ(seen->expected.values()[5], GramsPerKwh{6});
  EXPECT_EQ(seen->sources[5], OutlookSource::Provider);
  EXPECT_EQ(seen->sources[6], OutlookSource::Local);
  EXPECT_NEAR(seen->expected.values()[6]->value, daily_shape(kSampleNow + 6h), 1e-6);
  EXPECT_EQ(seen->ranges[5], std::nullopt);
  EXPECT_TRUE(seen->ranges[6]);
  EXPECT_TRUE(seen->skill);
  EXPECT_FALSE(seen->local_model.empty());
}

TEST_F(OutlookOf, leaves_an_old_forecast_aside_when_blind) {
  observe(30);
  forecast();
  const auto seen = outlook(FeedState::Blind);
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->provider_end, std::nullopt);
  EXPECT_THAT(seen->sources, Each(OutlookSource::Local));
}

TEST_F(OutlookOf, has_no_skill_on_two_days_of_history) {
  observe(2);
  const auto seen = outlook(FeedState::Short);
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->skill, std::nullopt);
  EXPECT_EQ(seen->local_model, "seasonal-naive");
}

TEST_F(OutlookOf, leaves_slots_unknown_where_neither_knows) {
  forecast();
  const auto seen = outlook(FeedState::Short);
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->sources[6], OutlookSource::Unknown);
  EXPECT_EQ(seen->expected.values()[6], std::nullopt);
}

TEST(ProviderModel, repeats_the_newest_forecast_that_was_known) {
  std::vector<CarbonSeries> forecasts;
  for (const auto hours : {0h, 2h}) {
    CarbonSeriesFields fields = sample_fields(
        kSampleNow, kSampleNow + hours,
        std::vector<std::optional<double>>(6, 100.0 + static_cast<double>(hours.count())));
    fields.method = SeriesMethod::Forecast;
    forecasts.emplace_back(fields);
  }
  const ForecastModel model = provider_model(forecasts);
  KnownHistory history(kSampleNow, 1h);
  EXPECT_EQ(model.predict(history, kSampleNow - 1h, 2)[1], std::nullopt);
  EXPECT_EQ(model.predict(history, kSampleNow + 1h, 1)[0], 100);
  EXPECT_EQ(model.predict(history, kSampleNow + 2h, 1)[0], 102);
  EXPECT_EQ(model.predict(history, kSampleNow + 5h, 2)[1], std::nullopt);
}

}  // namespace
}  // namespace greentrain
