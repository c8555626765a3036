#include "trainer/metrics/measure.h"

#include <cmath>

#include <ATen/Context.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>

#include "core/error.h"
#include "tests/trainer/metrics/sample_options.h"

namespace greentrain {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

const DatasetInfo kFourClasses = info_of("four", 4);

Evaluation measured(const Measure& measure, const at::Tensor& outputs, const at::Tensor& targets) {
  std::vector<double> sums(measure.sums());
  const std::int64_t samples = outputs.size(0);
  measure.add(outputs, {{}, targets, samples}, sums);
  return measure.evaluation(sums, samples);
}

/// Logits whose largest is the given class's, the next one's second.
at::Tensor predicting(const std::vector<std::int64_t>& found) {
  at::Tensor logits = at::zeros({std::ssize(found), 4});
  for (std::size_t i = 0; i < found.size(); ++i) {
    logits[static_cast<std::int64_t>(i)][found[i]] = 2;
    logits[static_cast<std::int64_t>(i)][(found[i] + 1) % 4] = 1;
  }
  return logits;
}

// The expected figures are those of sklearn.metrics 1.x on the same labels: accuracy_score,
// precision_score and recall_score with average=None and "macro", zero_division=0.
TEST(Measure, precision_and_recall_are_those_of_scikit_learn) {
  const Measure measure({}, {"precision", "recall"}, kFourClasses);
  const at::Tensor targets = at::tensor({0, 0, 0, 1, 1, 2}, at::kLong);
  const auto metrics = measured(measure, predicting({0, 0, 1, 1, 0, 1}), targets).metrics;
  EXPECT_DOUBLE_EQ(metrics.at("accuracy"), 0.5);
  EXPECT_DOUBLE_EQ(metrics.at("precision_0"), 2.0 / 3);
  EXPECT_DOUBLE_EQ(metrics.at("precision_1"), 1.0 / 3);
  EXPECT_DOUBLE_EQ(metrics.at("precision_2"), 0);  // Never predicted.
  EXPECT_DOUBLE_EQ(metrics.at("precision"), 1.0 / 3);
  EXPECT_DOUBLE_EQ(metrics.at("recall_0"), 2.0 / 3);
  EXPECT_DOUBLE_EQ(metrics.at("recall_1"), 0.5);
  EXPECT_DOUBLE_EQ(metrics.at("recall_2"), 0);
  EXPECT_DOUBLE_EQ(metrics.at("recall"), (2.0 / 3 + 0.5) / 3);
  EXPECT_EQ(metrics.count("recall_3"), 0u);  // Neither occurs nor is predicted.
  EXPECT_EQ(metrics.count("top_2"), 0u);
}

TEST(Measure, top_k_counts_targets_among_the_k_largest) {
  const Measure measure({}, {"top_1", "top_2", "top_4"}, kFourClasses);
  const auto metrics =
      measured(measure, predicting({0, 0, 1, 3}), at::tensor({0, 1, 3, 2}, at::kLong)).metrics;
  EXPECT_DOUBLE_EQ(metrics.at("top_1"), metrics.at("accuracy"));
  EXPECT_DOUBLE_EQ(metrics.at("top_1"), 0.25);
  EXPECT_DOUBLE_EQ(metrics.at("top_2"), 0.5);
  EXPECT_DOUBLE_EQ(metrics.at("top_4"), 1);
}

TEST(Measure, perplexity_is_of_the_cross_entropy_without_weights_and_smoothing) {
  at::manual_seed(4);
  DatasetInfo text = kFourClasses;
  text.text = true;
  const at::Tensor logits = at::randn({3, 5, 4});
  const at::Tensor targets = at::randint(0, 4, {3, 5}, at::kLong);
  const Measure plain({}, {}, text);
  const Measure smooth({.label_smoothing = {0.1}, .class_weights = {1, 2, 3, 4}}, {}, text);
  const Evaluation expected = measured(plain, logits, targets);
  EXPECT_DOUBLE_EQ(expected.metrics.at("perplexity"), std::exp(expected.loss));
  const Evaluation found = measured(smooth, logits, targets);
  EXPECT_NEAR(found.metrics.at("perplexity"), expected.metrics.at("perplexity"), 1e-6);
  EXPECT_NE(found.loss, expected.loss);
}

TEST(Measure, r2_is_the_share_of_the_spread_that_is_explained) {
  const DatasetInfo two = info_of("two numbers", 2);
  const Measure measure(loss_options(LossType::Mse), {}, two);
  const at::Tensor targets = at::tensor({1.0f, 10.0f, 2.0f, 20.0f, 3.0f, 60.0f}).view({3, 2});
  const at::Tensor outputs = at::tensor({1.0f, 20.0f, 2.0f, 20.0f, 4.0f, 60.0f}).view({3, 2});
  const Evaluation found = measured(measure, outputs, targets);
  // Spread 2 and 1400, left over 1 and 100.
  EXPECT_NEAR(found.metrics.at("r2"), ((1 - 1.0 / 2) + (1 - 100.0 / 1400)) / 2, 1e-9);
  EXPECT_NEAR(found.metrics.at("mae"), 11.0 / 6, 1e-6);
  EXPECT_NEAR(found.loss, 101.0 / 6, 1e-5);
}

TEST(Measure, r2_of_numbers_that_are_all_the_same_is_not_defined) {
  const DatasetInfo one = info_of("one", 1);
  const Measure measure(loss_options(LossType::L1), {"r2"}, one);
  const auto metrics = measured(measure, at::ones({3, 1}), at::full({3, 1}, 1e4)).metrics;
  EXPECT_EQ(metrics.count("r2"), 0u);
  EXPECT_NEAR(metrics.at("mae"), 9999, 1e-6);
}

TEST(Measure, of_bce_each_output_above_one_half_is_a_yes) {
  const DatasetInfo two = info_of("two numbers", 2);
  const Measure measure(loss_options(LossType::Bce), {"precision", "recall"}, two);
  const at::Tensor targets = at::tensor({1.0f, 0.0f, 0.0f, 1.0f, 1.0f, 1.0f}).view({3, 2});
  const at::Tensor outputs = at::tensor({3.0f, 1.0f, -1.0f, 2.0f, -2.0f, -0.5f}).view({3, 2});
  const auto metrics = measured(measure, outputs, targets).metrics;
  EXPECT_DOUBLE_EQ(metrics.at("accuracy"), 0.5);
  EXPECT_DOUBLE_EQ(metrics.at("precision_0"), 1);
  EXPECT_DOUBLE_EQ(metrics.at("recall_0"), 0.5);
  EXPECT_DOUBLE_EQ(metrics.at("precision_1"), 0.5);
  EXPECT_DOUBLE_EQ(metrics.at("recall_1"), 0.5);
}

TEST(Measure, sums_of_parts_add_up_to_those_of_the_whole) {
  at::manual_seed(5);
  const Measure measure({}, {"precision", "top_2", "perplexity"}, kFourClasses);
  const at::Tensor logits = at::randn({7, 4});
  const at::Tensor targets = at::randint(0, 4, {7}, at::kLong);
  std::vector<double> sums(measure.sums());
  const std::vector<std::pair<std::int64_t, std::int64_t>> pieces{{0, 1}, {1, 4}, {4, 7}};
  for (const auto& [begin, end] : pieces) {
    measure.add(logits.slice(0, begin, end), {{}, targets.slice(0, begin, end), end - begin}, sums);
  }
  const Evaluation whole = measured(measure, logits, targets);
  const Evaluation parts = measure.evaluation(sums, 7);
  EXPECT_NEAR(parts.loss, whole.loss, 1e-6);
  ASSERT_EQ(parts.metrics.size(), whole.metrics.size());
  for (const auto& [name, value] : whole.metrics) {
    EXPECT_NEAR(parts.metrics.at(name), value, 1e-6) << name;
  }
}

TEST(Measure, a_metric_that_does_not_exist_is_refused_with_the_list) {
  EXPECT_THAT([] { Measure({}, {"top_9"}, kFourClasses); },
              ThrowsMessage<UsageError>(HasSubstr("four: there is no metric 'top_9'")));
}

}  // namespace
}  // namespace greentrain
