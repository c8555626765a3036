#include "scheduler/govern/run_carbon.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "tests/scheduler/plan/sample_jobs.h"

namespace greentrain {
namespace {

using namespace std::chrono_literals;

CarbonSeries series_of(std::vector<std::optional<GramsPerKwh>> values, UtcTime at = kNoon + 9h) {
  return CarbonSeries({{"DE", SignalKind::Average, EmissionBasis::Direct, "test"},
                       SeriesMethod::Measured,
                       at,
                       at,
                       kNoon,
                       1h,
                       std::move(values)});
}

const std::vector<EnergyPiece> kPaused{{kNoon, kNoon + 1h, Joules{3.6e6}, false},
                                       {kNoon + 1h, kNoon + 2h, Joules{0.36e6}, true},
                                       {kNoon + 2h, kNoon + 3h, Joules{3.6e6}, false}};

TEST(RunCarbon, compares_with_the_same_run_without_its_pauses) {
  const auto series = series_of({GramsPerKwh{200}, GramsPerKwh{500}, GramsPerKwh{100}});
  const RunCarbon carbon = count_run(kPaused, series, series);
  EXPECT_DOUBLE_EQ(carbon.realised.value, 200 + 50 + 100);
  EXPECT_DOUBLE_EQ(carbon.saving->baseline.value, 200 + 500);
  EXPECT_DOUBLE_EQ(carbon.saving->idle.value, 50);
  EXPECT_DOUBLE_EQ(carbon.idle_energy.value, 0.36e6);
  EXPECT_DOUBLE_EQ(carbon.saving->energy_effect.value, -0.1 * 350);  // Idle energy is a loss.
  EXPECT_DOUBLE_EQ((carbon.saving->energy_effect + carbon.saving->timing_effect).value, 350);
  EXPECT_DOUBLE_EQ(carbon.provisional.value, 0);
}

TEST(RunCarbon, has_no_effect_on_a_flat_grid_but_that_of_the_idle_energy) {
  const auto flat = series_of({GramsPerKwh{300}, GramsPerKwh{300}, GramsPerKwh{300}});
  const RunCarbon carbon = count_run(kPaused, flat, flat);
  EXPECT_NEAR(carbon.saving->timing_effect.value, 0, 1e-9);
  EXPECT_NEAR(carbon.saving->energy_effect.value, -30, 1e-9);
}

TEST(RunCarbon, says_which_share_was_counted_with_values_that_are_not_observed_yet) {
  const auto known = series_of({GramsPerKwh{200}, GramsPerKwh{500}, GramsPerKwh{100}});
  const auto observed = series_of({GramsPerKwh{200}, GramsPerKwh{500}, std::nullopt});
  const RunCarbon carbon = count_run(kPaused, known, observed);
  EXPECT_NEAR(carbon.provisional.value, 3.6 / 7.56, 1e-9);
  EXPECT_FALSE(carbon.settled);
  EXPECT_TRUE(carbon.saving);
}

TEST(RunCarbon, guesses_nothing_where_no_intensity_is_known) {
  const auto known = series_of({GramsPerKwh{200}, std::nullopt, GramsPerKwh{100}});
  const RunCarbon carbon = count_run(kPaused, known, known);
  EXPECT_DOUBLE_EQ(carbon.realised.value, 300);
  EXPECT_DOUBLE_EQ(carbon.uncounted.value, 0.36e6);
  EXPECT_FALSE(carbon.saving);
}

TEST(RunCarbon, counts_as_settled_a_week_later_and_only_on_observed_values) {
  const auto late =
      series_of({GramsPerKwh{200}, GramsPerKwh{500}, GramsPerKwh{100}}, kNoon + 8 * 24h);
  EXPECT_TRUE(count_run(kPaused, late, late).settled);
}

TEST(RunCarbon, never_mixes_two_signals) {
  const auto one = series_of({GramsPerKwh{200}});
  CarbonSeriesFields other = one.fields();
  other.signal.kind = SignalKind::Marginal;
  EXPECT_THROW(count_run(kPaused, one, CarbonSeries(other)), Error);
}

TEST(RunCarbon, is_nothing_for_a_run_without_energy) {
  const auto series = series_of({GramsPerKwh{200}});
  const RunCarbon carbon = count_run({}, series, series);
  EXPECT_DOUBLE_EQ(carbon.realised.value, 0);
  EXPECT_DOUBLE_EQ(carbon.energy.value, 0);
}

}  // namespace
}  // namespace greentrain
