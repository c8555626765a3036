#include "trainer/data/order.h"

#include <numeric>

#include <gmock/gmock.h>

namespace greentrain {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAreArray;

using Samples = std::vector<std::int64_t>;

Samples first_samples(std::int64_t count) {
  Samples samples(static_cast<std::size_t>(count));
  std::iota(samples.begin(), samples.end(), 0);
  return samples;
}

TEST(EpochOrder, visits_every_sample_once) {
  for (const std::int64_t count : {0, 1, 2, 7, 1000}) {
    const Samples samples = first_samples(count);
    EXPECT_THAT(epoch_order(samples, 1, 0), UnorderedElementsAreArray(samples));
  }
}

TEST(EpochOrder, is_a_function_of_seed_and_epoch) {
  const Samples samples = first_samples(100);
  EXPECT_EQ(epoch_order(samples, 1, 0), epoch_order(samples, 1, 0));
  EXPECT_NE(epoch_order(samples, 1, 0), epoch_order(samples, 1, 1));
  EXPECT_NE(epoch_order(samples, 1, 0), epoch_order(samples, 2, 0));
  EXPECT_NE(epoch_order(samples, 1, 0), samples);
}

// Written down once: a change of it would change the result of every run that has been made.
TEST(EpochOrder, is_the_same_on_every_machine) {
  EXPECT_THAT(epoch_order(Samples{10, 11, 12, 13, 14, 15, 16, 17}, 7, 3),
              ElementsAre(10, 13, 15, 16, 12, 14, 11, 17));
}

TEST(EpochOrder, every_sample_is_as_likely_in_every_place) {
  constexpr int kSeeds = 6000;
  constexpr std::size_t kSamples = 6;
  std::vector<int> at_front(kSamples);
  std::vector<int> at_back(kSamples);
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    const Samples order = epoch_order(first_samples(kSamples), seed, 0);
    ++at_front[static_cast<std::size_t>(order.front())];
    ++at_back[static_cast<std::size_t>(order.back())];
  }
  for (const auto& counts : {at_front, at_back}) {
    for (const int count : counts) EXPECT_NEAR(count, 1000, 150);  // Five standard deviations.
  }
}

TEST(RankSlice, slices_follow_each_other_and_cover_the_batch) {
  for (const std::int64_t count : {0, 1, 2, 3, 64, 65}) {
    const Samples batch = first_samples(count);
    for (const int ranks : {1, 2, 3, 7}) {
      Samples joined;
      std::size_t smallest = batch.size();
      std::size_t largest = 0;
      for (int rank = 0; rank < ranks; ++rank) {
        const auto slice = rank_slice(batch, rank, ranks);
        joined.insert(joined.end(), slice.begin(), slice.end());
        smallest = std::min(smallest, slice.size());
        largest = std::max(largest, slice.size());
      }
      EXPECT_EQ(joined, batch);
      EXPECT_LE(largest - smallest, 1u);
    }
  }
}

TEST(RankSlice, is_a_view_of_the_batch) {
  const Samples batch{5, 6, 7, 8};
  EXPECT_THAT(rank_slice(batch, 1, 2), ElementsAre(7, 8));
  EXPECT_THAT(rank_slice(Samples{5}, 0, 2), IsEmpty());
}

}  // namespace
}  // namespace greentrain
