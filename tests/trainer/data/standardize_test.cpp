#include "trainer/data/standardize.h"

#include <cmath>

#include <gmock/gmock.h>

#include "trainer/data/numeric_dataset.h"
#include "trainer/data/text_dataset.h"

namespace greentrain {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatEq;

using Indices = std::vector<std::int64_t>;

NumericDataset dataset(std::vector<std::int64_t> shape, NumericDataset::Values values,
                       std::size_t samples) {
  DatasetInfo info;
  info.sample_shape = std::move(shape);
  return {info, std::move(values), std::vector<std::int64_t>(samples)};
}

std::vector<float> values(const at::Tensor& tensor) {
  const float* begin = tensor.const_data_ptr<float>();
  return {begin, begin + tensor.numel()};
}

TEST(FitStandardization, flat_samples_have_one_mean_per_feature) {
  const auto data = dataset({2}, std::vector<float>{1, 10, 3, 50}, 2);
  const auto fitted = fit_standardization(data, Indices{0, 1});
  ASSERT_TRUE(fitted);
  EXPECT_THAT(fitted->mean.sizes(), ElementsAre(2));
  EXPECT_THAT(values(fitted->mean), ElementsAre(2, 30));
  EXPECT_THAT(values(fitted->deviation), ElementsAre(1, 20));
}

TEST(FitStandardization, images_have_one_mean_per_channel) {
  const auto data = dataset({2, 1, 2}, std::vector<float>{0, 2, 10, 30, 4, 6, 50, 70}, 2);
  const auto fitted = fit_standardization(data, Indices{0, 1});
  ASSERT_TRUE(fitted);
  EXPECT_THAT(fitted->mean.sizes(), ElementsAre(2, 1, 1));
  EXPECT_THAT(values(fitted->mean), ElementsAre(3, 40));
  EXPECT_THAT(values(fitted->deviation),
              ElementsAre(FloatEq(std::sqrt(5.0F)), FloatEq(std::sqrt(500.0F))));
}

TEST(FitStandardization, only_the_training_samples_count) {
  const auto data = dataset({1}, std::vector<float>{1, 3, 1e30F}, 3);
  EXPECT_THAT(values(fit_standardization(data, Indices{0, 1})->mean), ElementsAre(2));
}

TEST(FitStandardization, bytes_are_fitted_as_the_model_sees_them) {
  const auto data = dataset({1}, std::vector<std::uint8_t>{0, 255}, 2);
  const auto fitted = fit_standardization(data, Indices{0, 1});
  EXPECT_THAT(values(fitted->mean), ElementsAre(0.5F));
  EXPECT_THAT(values(fitted->deviation), ElementsAre(0.5F));
}

TEST(FitStandardization, inputs_that_do_not_vary_are_not_scaled) {
  for (const float constant : {0.0F, 0.1F, -7.0F, 1e-40F, 3e38F}) {
    std::vector<float> same(300, constant);
    const auto fitted = fit_standardization(dataset({1}, same, 300), Indices{0, 1, 2, 99, 299});
    EXPECT_THAT(values(fitted->mean), ElementsAre(constant));
    EXPECT_THAT(values(fitted->deviation), ElementsAre(1)) << constant;
  }
}

TEST(FitStandardization, a_small_spread_far_from_zero_is_not_lost) {
  std::vector<float> far;
  Indices all;
  for (int i = 0; i < 1000; ++i) {
    far.push_back(i % 2 == 0 ? 9999.0F : 10001.0F);
    all.push_back(i);
  }
  const auto fitted = fit_standardization(dataset({1}, far, 1000), all);
  EXPECT_THAT(values(fitted->mean), ElementsAre(10000));
  EXPECT_THAT(values(fitted->deviation), ElementsAre(1));
}

TEST(FitStandardization, text_has_none) {
  EXPECT_FALSE(fit_standardization(TextDataset({}, "some text", 4), Indices{0}));
}

}  // namespace
}  // namespace greentrain
