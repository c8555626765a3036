#include "trainer/data/augment.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <set>

#include <gmock/gmock.h>

namespace greentrain {
namespace {

using ::testing::ElementsAre;

constexpr std::array<std::int64_t, 3> kShape{2, 3, 4};

/// Numbers 1 to 24, so that 0 stands for nothing.
std::vector<float> image() {
  std::vector<float> values(24);
  std::iota(values.begin(), values.end(), 1.0f);
  return values;
}

std::vector<float> changed(const AugmentOptions& options, std::uint64_t seed,
                           std::vector<float> fill = {0, 0}) {
  std::vector<float> values = image();
  std::vector<float> scratch;
  CounterRandom random = augment_random(seed, 0, 100, 7);
  ImageAugmenter(options, kShape, std::move(fill)).apply(values, random, scratch);
  return values;
}

/// Every result that 200 seeds give.
std::set<std::vector<float>> results(const AugmentOptions& options) {
  std::set<std::vector<float>> all;
  for (std::uint64_t seed = 0; seed < 200; ++seed) all.insert(changed(options, seed));
  return all;
}

TEST(ImageAugmenter, changes_nothing_that_it_is_not_asked_for) {
  EXPECT_THAT(results({}), ElementsAre(image()));
}

TEST(ImageAugmenter, turns_every_other_image_around) {
  AugmentOptions options;
  options.flip = true;
  std::vector<float> mirrored;
  for (int row = 0; row < 6; ++row) {
    for (int column = 3; column >= 0; --column)
      mirrored.push_back(static_cast<float>(4 * row + column + 1));
  }
  EXPECT_THAT(results(options), ElementsAre(image(), mirrored));
  int flips = 0;
  for (std::uint64_t seed = 0; seed < 1000; ++seed)
    flips += changed(options, seed) == mirrored ? 1 : 0;
  EXPECT_NEAR(flips, 500, 80);  // Five standard deviations.
}

TEST(ImageAugmenter, moves_images_by_up_to_the_padding_and_fills_what_comes_in) {
  AugmentOptions options;
  options.crop_padding = 1;
  const auto all = results(options);
  EXPECT_EQ(all.size(), 9u);
  std::vector<float> down_right{0, 0, 0, 0, 0, 1,  2,  3,  0, 5,  6,  7,
                                0, 0, 0, 0, 0, 13, 14, 15, 0, 17, 18, 19};
  EXPECT_TRUE(all.contains(down_right));
  EXPECT_TRUE(all.contains(image()));
}

TEST(ImageAugmenter, turns_an_image_around_after_it_was_moved) {
  AugmentOptions moves, both;
  moves.crop_padding = both.crop_padding = 5;  // Some moves leave nothing to be seen.
  both.flip = true;
  int turned = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const std::vector<float> moved = changed(moves, seed, {90, 91});
    std::vector<float> mirrored = moved;
    for (auto line = mirrored.begin(); line != mirrored.end(); line += 4) {
      std::reverse(line, line + 4);
    }
    const std::vector<float> result = changed(both, seed, {90, 91});
    ASSERT_TRUE(result == moved || result == mirrored) << "seed " << seed;
    turned += result != moved ? 1 : 0;
  }
  EXPECT_NEAR(turned, 29, 20);  // 5/11 x 7/11 of the moves leave something, half are turned.
}

TEST(ImageAugmenter, survives_a_padding_larger_than_the_image) {
  AugmentOptions options;
  options.crop_padding = 50;
  EXPECT_TRUE(results(options).contains(std::vector<float>(24)));
}

TEST(ImageAugmenter, cuts_out_a_square_that_the_border_may_clip) {
  AugmentOptions options;
  options.cutout = 2;
  const auto all = results(options);
  EXPECT_EQ(all.size(), 12u);  // One for each centre.
  std::vector<float> around_1_1 = image();
  for (const std::size_t i : {0u, 1u, 4u, 5u, 12u, 13u, 16u, 17u}) around_1_1[i] = 0;
  EXPECT_TRUE(all.contains(around_1_1));
}

TEST(ImageAugmenter, fills_each_channel_with_its_own_number) {
  AugmentOptions options;
  options.cutout = 100;
  std::vector<float> expected(12, -1.0f);
  expected.resize(24, -2.0f);
  EXPECT_EQ(changed(options, 1, {-1, -2}), expected);
}

TEST(AugmentRandom, differs_by_seed_epoch_and_sample) {
  const auto first = [](std::uint64_t seed, std::int64_t epoch, std::int64_t index) {
    return augment_random(seed, epoch, 100, index).next();
  };
  EXPECT_EQ(first(1, 2, 3), first(1, 2, 3));
  EXPECT_NE(first(1, 2, 3), first(2, 2, 3));
  EXPECT_NE(first(1, 2, 3), first(1, 3, 3));
  EXPECT_NE(first(1, 2, 3), first(1, 2, 4));
}

// Beta(a, a) has mean 1/2 and variance 1 / (4 (2 a + 1)).
TEST(MixupShare, follows_the_beta_distribution) {
  for (const double alpha : {0.1, 0.4, 1.0}) {
    CounterRandom random(1);
    constexpr int kDraws = 20'000;
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < kDraws; ++i) {
      const double share = mixup_share(alpha, random);
      ASSERT_TRUE(share >= 0 && share <= 1);
      sum += share;
      squares += (share - 0.5) * (share - 0.5);
    }
    EXPECT_NEAR(sum / kDraws, 0.5, 0.02);
    EXPECT_NEAR(squares / kDraws, 1 / (4 * (2 * alpha + 1)), 0.005);
  }
}

TEST(MixupShare, of_a_tiny_alpha_is_nearly_0_or_1) {
  CounterRandom random(1);
  for (int i = 0; i < 100; ++i) {
    const double share = mixup_share(1e-6, random);
    EXPECT_LT(std::min(share, 1 - share), 1e-3);
  }
}

}  // namespace
}  // namespace greentrain
