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

TEST(Shuffle, keeps_every_value_once) {
  for (const std::int64_t count : {0, 1, 2, 7, 1000}) {
    Samples samples = first_samples(count);
    shuffle(samples, CounterRandom(1));
    EXPECT_THAT(samples, UnorderedElementsAreArray(first_samples(count)));
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
