#include "trainer/optim/fused_update.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace greentrain {
namespace {

constexpr std::size_t kSizes[] = {0, 1, 3, 16, 17, 1000, 2049};

std::vector<float> random_values(std::size_t count, unsigned seed) {
  std::mt19937 generator(seed);
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(generator()) / 2e9f - 1.0f;
  return values;
}

// Adam with its decay in the gradient (L2) or, as AdamW, apart from it.
template <class Update>
void expect_adam(Update update, double l2, double decoupled) {
  for (const std::size_t count : kSizes) {
    auto parameters = random_values(count, 1);
    std::vector<float> mean(count), mean_square(count);
    std::vector<double> p(parameters.begin(), parameters.end()), m(count), v(count);
    for (int t = 1; t <= 10; ++t) {
      const auto gradients = random_values(count, static_cast<unsigned>(10 + t));
      const AdamStep step{0.01, 0.9, 0.99, 1e-8, 0.1, t, 0.5};
      update(step, gradients, parameters, mean, mean_square);
      for (std::size_t i = 0; i < count; ++i) {
        const double g = 0.5 * static_cast<double>(gradients[i]) + l2 * p[i];
        m[i] = 0.9 * m[i] + 0.1 * g;
        v[i] = 0.99 * v[i] + 0.01 * g * g;
        p[i] -= 0.01 * decoupled * p[i];
        p[i] -= 0.01 * (m[i] / (1 - std::pow(0.9, t))) /
                (std::sqrt(v[i] / (1 - std::pow(0.99, t))) + 1e-8);
      }
    }
    for (std::size_t i = 0; i < count; ++i) {
      ASSERT_NEAR(parameters[i], p[i], 2e-5) << "element " << i << " of " << count;
    }
  }
}

TEST(AdamwUpdate, follows_the_published_rule_in_double_for_every_size) {
  expect_adam(adamw_update, 0, 0.1);
}

TEST(AdamUpdate, follows_the_published_rule_in_double_for_every_size) {
  expect_adam(adam_update, 0.1, 0);
}

void expect_sgd(bool nesterov) {
  for (const std::size_t count : kSizes) {
    auto parameters = random_values(count, 1);
    std::vector<float> buffer(count, 123.0f);  // ignored at the first step
    std::vector<double> p(parameters.begin(), parameters.end()), b(count);
    for (int t = 1; t <= 10; ++t) {
      const auto gradients = random_values(count, static_cast<unsigned>(10 + t));
      sgd_update({0.1, 0.9, 0.05, t == 1, nesterov, 2.0}, gradients, parameters, buffer);
      for (std::size_t i = 0; i < count; ++i) {
        const double g = 2.0 * static_cast<double>(gradients[i]) + 0.05 * p[i];
        b[i] = t == 1 ? g : 0.9 * b[i] + g;
        p[i] -= 0.1 * (nesterov ? g + 0.9 * b[i] : b[i]);
      }
    }
    for (std::size_t i = 0; i < count; ++i) {
      ASSERT_NEAR(parameters[i], p[i], 2e-4) << "element " << i << " of " << count;
    }
  }
}

TEST(SgdUpdate, follows_the_published_rule_in_double_for_every_size) { expect_sgd(false); }

TEST(NesterovUpdate, follows_the_published_rule_in_double_for_every_size) { expect_sgd(true); }

TEST(ClipValues, brings_each_value_into_the_limits_and_leaves_what_is_no_number) {
  for (const std::size_t count : kSizes) {
    auto values = random_values(count, 3);
    const auto before = values;
    clip_values(values, 0.25f);
    for (std::size_t i = 0; i < count; ++i) {
      EXPECT_EQ(values[i], std::clamp(before[i], -0.25f, 0.25f));
    }
  }
  std::vector<float> odd{std::nanf(""), INFINITY, -INFINITY};
  clip_values(odd, 1);
  EXPECT_TRUE(std::isnan(odd[0]));
  EXPECT_EQ(odd[1], 1);
  EXPECT_EQ(odd[2], -1);
}

TEST(AverageUpdate, moves_by_a_share_of_the_distance) {
  for (const std::size_t count : kSizes) {
    const auto values = random_values(count, 4);
    auto average = random_values(count, 5);
    const auto before = average;
    average_update(0.25f, values, average);
    for (std::size_t i = 0; i < count; ++i) {
      EXPECT_NEAR(average[i], 0.75f * before[i] + 0.25f * values[i], 1e-6);
    }
  }
}

}  // namespace
}  // namespace greentrain
