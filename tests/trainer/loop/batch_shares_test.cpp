#include "trainer/loop/batch_shares.h"

#include <numeric>

#include <gmock/gmock.h>

#include "core/error.h"

namespace greentrain {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

Shares shares(int rank, int ranks, std::int64_t batch, std::int64_t micro_batch,
              CommOptions comm = {}) {
  TrainOptions train;
  train.batch_size = batch;
  train.micro_batch_size = micro_batch;
  return share_batch(rank, ranks, train, comm);
}

TEST(BatchShares, every_sample_is_in_one_piece_and_no_piece_is_too_large) {
  for (const int ranks : {1, 2, 3, 7}) {
    for (const std::int64_t batch : {7, 8, 64, 65}) {
      for (const std::int64_t micro_batch : {0, 1, 3, 8, 100}) {
        std::vector<std::int64_t> samples(static_cast<std::size_t>(batch));
        std::iota(samples.begin(), samples.end(), 0);
        std::vector<std::int64_t> seen;
        for (int rank = 0; rank < ranks; ++rank) {
          const Shares mine = shares(rank, ranks, batch, micro_batch);
          EXPECT_EQ(mine.first, rank * mine.count);
          EXPECT_EQ(mine.total, ranks * mine.count);
          const std::int64_t largest = micro_batch > 0 ? micro_batch : batch;
          EXPECT_TRUE(micro_batch > 0 || mine.count == 1);
          for (int i = 0; i < mine.count; ++i) {
            const auto piece = rank_slice(samples, mine.first + i, mine.total);
            EXPECT_LE(std::ssize(piece), largest);
            seen.insert(seen.end(), piece.begin(), piece.end());
          }
        }
        EXPECT_EQ(seen, samples) << ranks << " " << batch << " " << micro_batch;
      }
    }
  }
}

TEST(BatchShares, with_the_invariant_reduction_are_those_of_the_virtual_workers) {
  CommOptions comm;
  comm.reduction = Reduction::Invariant;
  const Shares mine = shares(1, 4, 64, 0, comm);
  EXPECT_EQ(mine.first, 2);
  EXPECT_EQ(mine.count, 2);
  EXPECT_EQ(mine.total, 8);
  EXPECT_THAT([&] { shares(1, 3, 64, 0, comm); },
              ThrowsMessage<UsageError>(HasSubstr("start 1, 2, 4 or 8 ranks")));
}

TEST(BatchShares, of_a_batch_below_the_ranks_are_refused_with_the_nearest_that_would_do) {
  EXPECT_THAT([] { shares(0, 8, 7, 0); },
              ThrowsMessage<UsageError>(HasSubstr("set it to 8, the nearest that they can share")));
  EXPECT_EQ(shares(7, 8, 8, 0).first, 7);
}

}  // namespace
}  // namespace greentrain
