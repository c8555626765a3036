#include "trainer/stopping/power_law_fit.h"

#include <cmath>
#include <random>

#include <gtest/gtest.h>

namespace greentrain {
namespace {

struct Law {
  double c, a, alpha;
  double at(double t) const { return c + a * std::pow(t, -alpha); }
};

PowerLawFit fit_to(const Law& law, int points, double noise = 0, double unit = 1) {
  std::mt19937 random(7);
  std::normal_distribution<double> chance;
  PowerLawFit fit;
  for (int t = 1; t <= points; ++t) fit.add(unit * t, law.at(t) + noise * chance(random));
  return fit;
}

TEST(PowerLawFit, says_nothing_of_fewer_than_four_points) {
  EXPECT_FALSE(PowerLawFit().forecast(2));
  EXPECT_FALSE(fit_to({1, 1, 1}, 3).forecast(4));
  EXPECT_TRUE(fit_to({1, 1, 1}, 4).forecast(5));
}

TEST(PowerLawFit, foretells_a_curve_without_noise_as_finely_as_its_grid_is) {
  for (const double alpha : {0.2, 0.5, 1.0, 2.0}) {
    const Law law{0.5, 2, alpha};
    const double gain = law.at(30) - law.at(60);
    const auto forecast = fit_to(law, 30).forecast(60);
    ASSERT_TRUE(forecast);
    EXPECT_NEAR(forecast->now, law.at(30), 5e-4) << alpha;
    EXPECT_NEAR(forecast->gain, gain, 0.06 * gain) << alpha;
  }
}

TEST(PowerLawFit, finds_the_curve_under_noise) {
  const Law law{0.5, 2, 0.7};
  const auto forecast = fit_to(law, 60, /*noise=*/0.01).forecast(80);
  EXPECT_NEAR(forecast->now, law.at(60), 0.01);
  EXPECT_NEAR(forecast->gain, law.at(60) - law.at(80), 0.01);
}

TEST(PowerLawFit, expects_no_gain_of_a_curve_that_is_flat_or_rises) {
  EXPECT_EQ(fit_to({1, 0, 1}, 20).forecast(40)->gain, 0);
  EXPECT_EQ(fit_to({1, 0, 1}, 20).forecast(40)->now, 1);
  EXPECT_EQ(fit_to({1, -1, 0.5}, 20).forecast(40)->gain, 0);
}

TEST(PowerLawFit, does_not_depend_on_the_unit_of_t) {
  const auto in_checks = fit_to({0.5, 2, 0.7}, 40, 0.01).forecast(60);
  const auto in_steps = fit_to({0.5, 2, 0.7}, 40, 0.01, /*unit=*/320).forecast(60 * 320);
  EXPECT_NEAR(in_steps->now, in_checks->now, 1e-12);
  EXPECT_NEAR(in_steps->gain, in_checks->gain, 1e-12);
}

TEST(PowerLawFit, a_long_curve_is_thinned_out_and_says_the_same) {
  const Law law{0.5, 2, 0.7};
  for (const int points : {255, 256, 257, 3001}) {
    const PowerLawFit fit = fit_to(law, points, 0.01);
    EXPECT_EQ(fit.points(), static_cast<std::size_t>(points));
    EXPECT_EQ(fit.last_t(), points);
    const auto forecast = fit.forecast(2 * points);
    EXPECT_NEAR(forecast->now, law.at(points), 0.004) << points;
    EXPECT_NEAR(forecast->gain, law.at(points) - law.at(2 * points), 0.005) << points;
  }
}

}  // namespace
}  // namespace greentrain
