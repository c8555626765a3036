#include "trainer/data/pruning.h"

#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include <gmock/gmock.h>

namespace greentrain {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::Not;

constexpr Fraction kHalf{0.5};
constexpr Fraction kDelta{0.875};

std::vector<std::int64_t> places(std::size_t count) {
  std::vector<std::int64_t> result(count);
  std::iota(result.begin(), result.end(), 0);
  return result;
}

/// Losses 0, 1, 2, ...: half of them below the mean.
std::vector<float> ramp(std::size_t count) {
  std::vector<float> result(count);
  std::iota(result.begin(), result.end(), 0.0f);
  return result;
}

TEST(InfoBatch, visits_all_samples_before_it_knows_their_losses) {
  EXPECT_FALSE(InfoBatch(10, kHalf, kDelta, 8, 1).keep(0));
}

TEST(InfoBatch, visits_all_samples_in_the_last_epochs) {
  InfoBatch pruning(10, kHalf, kDelta, 8, 1);
  pruning.learn(places(10), ramp(10));
  EXPECT_TRUE(pruning.keep(6));
  EXPECT_FALSE(pruning.keep(7));
  EXPECT_FALSE(pruning.keep(8));
}

TEST(InfoBatch, leaves_out_only_samples_below_the_mean_and_weighs_those_it_keeps) {
  constexpr std::size_t kSamples = 2000;
  for (const double ratio : {0.25, 0.5, 0.75}) {
    InfoBatch pruning(kSamples, Fraction{ratio}, kDelta, 100, 1);
    pruning.learn(places(kSamples), ramp(kSamples));
    const KeptSamples kept = *pruning.keep(1);
    std::size_t low = 0;
    for (std::size_t i = 0; i < kept.places.size(); ++i) {
      const bool below_mean = kept.places[i] < 1000;  // The mean is 999.5.
      low += below_mean ? 1 : 0;
      EXPECT_FLOAT_EQ(kept.weights[i], below_mean ? static_cast<float>(1 / (1 - ratio)) : 1.0f);
    }
    EXPECT_EQ(kept.places.size() - low, 1000u);
    EXPECT_NEAR(static_cast<double>(low), 1000 * (1 - ratio), 80);  // Five standard deviations.
  }
}

// What makes it unbiased (eq. 5): the expected weighted sum is the sum over all samples.
TEST(InfoBatch, keeps_the_expected_sum_of_any_quantity) {
  constexpr std::size_t kSamples = 200;
  InfoBatch pruning(kSamples, kHalf, Fraction{1.0}, 4001, 1);
  pruning.learn(places(kSamples), ramp(kSamples));
  std::vector<double> weight(kSamples);
  for (std::int64_t epoch = 1; epoch <= 4000; ++epoch) {
    const KeptSamples kept = *pruning.keep(epoch);
    for (std::size_t i = 0; i < kept.places.size(); ++i) {
      weight[static_cast<std::size_t>(kept.places[i])] += static_cast<double>(kept.weights[i]);
    }
  }
  for (const double sum : weight) EXPECT_NEAR(sum / 4000, 1.0, 0.08);  // Five standard deviations.
}

TEST(InfoBatch, uses_the_last_loss_of_samples_that_were_left_out) {
  InfoBatch pruning(4, kHalf, kDelta, 100, 1);
  pruning.learn(places(4), std::vector<float>{0, 0, 8, 8});
  pruning.learn(std::vector<std::int64_t>{0}, std::vector<float>{100});  // Now the mean is 29.
  int left_out = 0;
  for (std::int64_t epoch = 1; epoch < 50; ++epoch) {
    const KeptSamples kept = *pruning.keep(epoch);
    EXPECT_THAT(kept.places, Contains(0));
    left_out += 4 - static_cast<int>(kept.places.size());
  }
  EXPECT_GT(left_out, 40);  // Of 147 at even odds.
}

TEST(InfoBatch, never_leaves_out_what_has_no_finite_loss) {
  InfoBatch pruning(4, Fraction{0.99}, kDelta, 100, 1);
  pruning.learn(places(4),
                std::vector<float>{std::nanf(""), 0, 1, -std::numeric_limits<float>::infinity()});
  for (std::int64_t epoch = 1; epoch < 20; ++epoch) {
    const KeptSamples kept = *pruning.keep(epoch);
    EXPECT_THAT(kept.places, Contains(0));
    EXPECT_THAT(kept.places, Contains(2));
    EXPECT_THAT(kept.places, Contains(3));
  }
}

TEST(InfoBatch, leaves_out_nothing_when_all_losses_are_equal) {
  InfoBatch pruning(5, kHalf, kDelta, 100, 1);
  pruning.learn(places(5), std::vector<float>(5, 0.25f));
  EXPECT_EQ(pruning.keep(1)->places.size(), 5u);
  EXPECT_THAT(pruning.keep(1)->weights, Each(1.0f));
}

TEST(InfoBatch, decides_by_seed_epoch_and_losses) {
  const auto kept = [](std::uint64_t seed, std::int64_t epoch) {
    InfoBatch pruning(100, kHalf, kDelta, 100, seed);
    pruning.learn(places(100), ramp(100));
    return pruning.keep(epoch)->places;
  };
  EXPECT_EQ(kept(1, 1), kept(1, 1));
  EXPECT_NE(kept(1, 1), kept(1, 2));
  EXPECT_NE(kept(1, 1), kept(2, 1));
}

TEST(RandomSubsets, an_epoch_has_its_share_of_every_class) {
  std::vector<std::int64_t> labels(30, 0);
  for (std::size_t i = 0; i < 9; ++i) labels[i] = 2;
  for (const double ratio : {0.1, 0.5, 0.9}) {
    const RandomSubsets subsets(30, labels, Fraction{ratio}, 1);
    for (std::int64_t epoch = 0; epoch < 20; ++epoch) {
      std::map<std::int64_t, double> counts;
      for (const std::int64_t place : subsets.keep(epoch).places) {
        counts[labels[static_cast<std::size_t>(place)]] += 1;
      }
      EXPECT_NEAR(counts[0], 21 * (1 - ratio), 1);
      EXPECT_NEAR(counts[2], 9 * (1 - ratio), 1);
    }
  }
}

TEST(RandomSubsets, every_sample_comes_before_one_comes_twice) {
  const RandomSubsets subsets(12, {}, Fraction{0.75}, 1);
  for (const std::int64_t first : {0, 4}) {
    std::vector<int> seen(12);
    for (std::int64_t epoch = first; epoch < first + 4; ++epoch) {
      const KeptSamples kept = subsets.keep(epoch);
      EXPECT_EQ(kept.places.size(), 3u);
      EXPECT_TRUE(kept.weights.empty());
      for (const std::int64_t place : kept.places) ++seen[static_cast<std::size_t>(place)];
    }
    EXPECT_THAT(seen, Each(1));
  }
  EXPECT_NE(subsets.keep(0).places, subsets.keep(4).places);  // The next order is another one.
}

TEST(RandomSubsets, an_epoch_is_never_empty) {
  const RandomSubsets subsets(1, {}, Fraction{0.99}, 1);
  for (std::int64_t epoch = 0; epoch < 5; ++epoch) {
    EXPECT_EQ(subsets.keep(epoch).places.size(), 1u);
  }
}

}  // namespace
}  // namespace greentrain
