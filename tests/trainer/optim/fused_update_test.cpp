#include "trainer/optim/fused_update.h"

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

TEST(AdamwUpdate, follows_the_published_rule_in_double_for_every_size) {
  for (const std::size_t count : kSizes) {
    auto parameters = random_values(count, 1);
    std::vector<float> mean(count), mean_square(count);
    std::vector<double> p(parameters.begin(), parameters.end()), m(count), v(count);
    for (int t = 1; t <= 10; ++t) {
      const auto gradients = random_values(count, static_cast<unsigned>(10 + t));
      const AdamWStep step{0.01, 0.9, 0.99, 1e-8, 0.1, t, 0.5};
      adamw_update(step, gradients, parameters, mean, mean_square);
      for (std::size_t i = 0; i < count; ++i) {
        const double g = 0.5 * static_cast<double>(gradients[i]);
        m[i] = 0.9 * m[i] + 0.1 * g;
        v[i] = 0.99 * v[i] + 0.01 * g * g;
        p[i] -= 0.01 * 0.1 * p[i];
        p[i] -= 0.01 * (m[i] / (1 - std::pow(0.9, t))) /
                (std::sqrt(v[i] / (1 - std::pow(0.99, t))) + 1e-8);
      }
    }
    for (std::size_t i = 0; i < count; ++i) {
      ASSERT_NEAR(parameters[i], p[i], 2e-5) << "element " << i << " of " << count;
    }
  }
}

TEST(SgdUpdate, follows_the_published_rule_in_double_for_every_size) {
  for (const std::size_t count : kSizes) {
    auto parameters = random_values(count, 1);
    std::vector<float> buffer(count, 123.0f);  // ignored at the first step
    std::vector<double> p(parameters.begin(), parameters.end()), b(count);
    for (int t = 1; t <= 10; ++t) {
      const auto gradients = random_values(count, static_cast<unsigned>(10 + t));
      sgd_update({0.1, 0.9, 0.05, t == 1, 2.0}, gradients, parameters, buffer);
      for (std::size_t i = 0; i < count; ++i) {
        const double g = 2.0 * static_cast<double>(gradients[i]) + 0.05 * p[i];
        b[i] = t == 1 ? g : 0.9 * b[i] + g;
        p[i] -= 0.1 * b[i];
      }
    }
    for (std::size_t i = 0; i < count; ++i) {
      ASSERT_NEAR(parameters[i], p[i], 2e-4) << "element " << i << " of " << count;
    }
  }
}

}  // namespace
}  // namespace greentrain
