#include "scheduler/plan/accounting.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "scheduler/plan/baselines.h"
#include "tests/scheduler/plan/sample_jobs.h"

namespace greentrain {
namespace {

using namespace std::chrono_literals;

CarbonSeries series_at(UtcTime retrieved_at, std::vector<std::optional<GramsPerKwh>> values,
                       const std::string& provider = "sample") {
  CarbonSeriesFields fields;
  fields.signal = {"DE", SignalKind::Average, EmissionBasis::Lifecycle, provider};
  fields.generated_at = fields.retrieved_at = retrieved_at;
  fields.start = kNoon;
  fields.step = 1h;
  fields.values = std::move(values);
  return CarbonSeries(fields);
}

TEST(Saving, of_a_mere_delay_is_all_timing) {
  const Job job = sample_job(2h);
  const auto slots = slots_of({400, 300, 100, 100});
  const Saving saving = saving_of(*run_now(job, slots), *best_window(job, slots));
  EXPECT_DOUBLE_EQ(saving.total().value, 500);
  EXPECT_DOUBLE_EQ(saving.energy_effect.value, 0);
  EXPECT_DOUBLE_EQ(saving.timing_effect.value, 500);
}

TEST(Saving, of_a_mere_cap_on_a_flat_grid_is_all_energy) {
  const Job job = sample_job(2h, two_levels());
  const auto slots = slots_of({200, 200, 200, 200});
  const Saving saving = saving_of(*run_now(job, slots), follow(job, slots, {1, 1, 1, 1}));
  EXPECT_NEAR(saving.timing_effect.value, 0, 1e-9);
  EXPECT_NEAR(saving.energy_effect.value, 200 * (2 - 2 / 0.7 * 0.5), 1e-9);
}

TEST(Saving, is_the_sum_of_its_effects_and_books_what_a_pause_draws) {
  Job job = sample_job(2h, two_levels());
  job.startup = 10min;
  job.paused_power = Watts{90};
  const auto slots = slots_of({300, 500, 90, 100, 110});
  const Plan plan = follow(job, slots, {1, kOff, 0, 0, kOff});
  const Saving saving = saving_of(*run_now(job, slots), plan);
  EXPECT_NEAR((saving.energy_effect + saving.timing_effect).value, saving.total().value, 1e-9);
  EXPECT_NEAR(saving.idle.value, 0.09 * 500, 1e-9);
  EXPECT_DOUBLE_EQ(saving.actual.value, plan.grams.value);
}

TEST(RunAccount, keeps_the_first_count_when_values_are_restated) {
  RunAccount account;
  account.add(kNoon, kNoon + 1h, Joules{kJoulesPerKwh});
  account.add(kNoon + 1h, kNoon + 90min, Joules{kJoulesPerKwh});
  account.count(series_at(kNoon + 3h, {GramsPerKwh{100}, GramsPerKwh{200}}));
  account.count(series_at(kNoon + 24h * 8, {GramsPerKwh{110}, GramsPerKwh{220}}));
  EXPECT_DOUBLE_EQ(account.first()->grams.value, 300);
  EXPECT_FALSE(account.first()->settled);
  EXPECT_DOUBLE_EQ(account.latest()->grams.value, 330);
  EXPECT_TRUE(account.latest()->settled);
}

TEST(RunAccount, says_what_it_could_not_count) {
  RunAccount account;
  account.add(kNoon, kNoon + 1h, Joules{1e6});
  account.add(kNoon + 1h, kNoon + 2h, Joules{3e6});
  const auto count = account.count(series_at(kNoon + 3h, {GramsPerKwh{360}, std::nullopt}));
  EXPECT_DOUBLE_EQ(count.grams.value, 100);
  EXPECT_DOUBLE_EQ(count.uncounted.value, 3e6);
  EXPECT_DOUBLE_EQ(count.counted.value, 0.25);
}

TEST(RunAccount, refuses_another_signal_and_time_that_goes_back) {
  RunAccount account;
  account.add(kNoon, kNoon + 1h, Joules{1});
  EXPECT_THROW(account.add(kNoon, kNoon + 2h, Joules{1}), Error);
  EXPECT_THROW(account.add(kNoon + 2h, kNoon + 2h, Joules{1}), Error);
  account.count(series_at(kNoon + 3h, {GramsPerKwh{100}}));
  EXPECT_THROW(account.count(series_at(kNoon + 3h, {GramsPerKwh{100}}, "other")), Error);
}

}  // namespace
}  // namespace greentrain
