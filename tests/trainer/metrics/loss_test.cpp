#include "trainer/metrics/loss.h"

#include <cmath>

#include <ATen/Context.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <gmock/gmock.h>

#include "core/error.h"
#include "tests/trainer/metrics/sample_options.h"

namespace greentrain {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

const DatasetInfo kThreeClasses = info_of("three", 3);

Batch classes(std::int64_t samples) {
  return {{}, at::randint(0, 3, {samples}, at::kLong), samples};
}

/// Of one sample, in double precision, from the formula in the header.
double expected_cross_entropy(const at::Tensor& logits, std::int64_t target, double smoothing,
                              const std::vector<double>& weights) {
  double sum = 0;
  for (std::int64_t k = 0; k < 3; ++k) sum += std::exp(logits[k].item<double>());
  double loss = 0;
  for (std::int64_t k = 0; k < 3; ++k) {
    const double logarithm = logits[k].item<double>() - std::log(sum);
    const double share = smoothing / 3 + (k == target ? 1 - smoothing : 0);
    loss -= share * weights[static_cast<std::size_t>(k)] * logarithm;
  }
  return loss;
}

TEST(Loss, cross_entropy_follows_its_formula_with_weights_and_smoothing) {
  at::manual_seed(1);
  for (const double smoothing : {0.0, 0.25}) {
    for (const auto& weights : {std::vector<double>{1, 1, 1}, std::vector<double>{0.5, 2, 0}}) {
      for (const std::int64_t samples : {1, 7}) {
        const Batch batch = classes(samples);
        const at::Tensor logits = at::randn({samples, 3});
        const Loss loss({LossType::CrossEntropy, {smoothing}, weights}, kThreeClasses);
        double sum = 0;
        const at::Tensor by_sample = loss.by_sample(logits, batch);
        for (std::int64_t i = 0; i < samples; ++i) {
          const double expected = expected_cross_entropy(
              logits[i], batch.targets[i].item<std::int64_t>(), smoothing, weights);
          EXPECT_NEAR(by_sample[i].item<double>(), expected, 1e-5);
          sum += expected;
        }
        EXPECT_NEAR(loss.summed(logits, batch).item<double>(), sum, 1e-5 * (1 + sum));
      }
    }
  }
}

TEST(Loss, of_text_is_the_mean_over_a_samples_tokens) {
  at::manual_seed(2);
  const Batch batch{{}, at::randint(0, 3, {2, 5}, at::kLong), 2};
  const at::Tensor logits = at::randn({2, 5, 3});
  const Loss loss({}, kThreeClasses);
  double sum = 0;
  for (std::int64_t i = 0; i < 10; ++i) {
    sum += expected_cross_entropy(logits.view({10, 3})[i],
                                  batch.targets.flatten()[i].item<std::int64_t>(), 0, {1, 1, 1});
  }
  EXPECT_NEAR(loss.summed(logits, batch).item<double>(), sum / 5, 1e-5);
  EXPECT_NEAR(loss.by_sample(logits, batch).sum().item<double>(), sum / 5, 1e-5);
}

TEST(Loss, of_numbers_is_their_mean) {
  at::manual_seed(3);
  const DatasetInfo two = info_of("two numbers", 2);
  const Batch batch{{}, at::rand({3, 2}), 3};
  const at::Tensor outputs = at::randn({3, 2});
  for (const LossType type : {LossType::Mse, LossType::L1, LossType::Bce}) {
    const Loss loss(loss_options(type), two);
    double sum = 0;
    for (std::int64_t i = 0; i < 6; ++i) {
      const double y = batch.targets.flatten()[i].item<double>();
      const double f = outputs.flatten()[i].item<double>();
      if (type == LossType::Mse) sum += (y - f) * (y - f) / 2;
      if (type == LossType::L1) sum += std::abs(y - f) / 2;
      const double chance = 1 / (1 + std::exp(-f));
      if (type == LossType::Bce) sum -= (y * std::log(chance) + (1 - y) * std::log(1 - chance)) / 2;
    }
    EXPECT_NEAR(loss.summed(outputs, batch).item<double>(), sum, 1e-5) << enum_name(type);
  }
}

TEST(Loss, class_weights_must_be_one_for_each_class) {
  EXPECT_THAT(
      [] {
        Loss({.class_weights = {1, 2}}, kThreeClasses);
      },
      ThrowsMessage<UsageError>(
          HasSubstr("train.loss.class_weights holds 2 weights, but three has 3 classes")));
}

}  // namespace
}  // namespace greentrain
