#include "comm/exchange/bucket_plan.h"

#include <numeric>

#include <gtest/gtest.h>

#include "comm/exchange/block_shards.h"

namespace greentrain {
namespace {

constexpr std::size_t kBlock = BlockShards::kBlock;

std::vector<ParameterRange> parameters(std::initializer_list<std::size_t> sizes) {
  std::vector<ParameterRange> result;
  std::size_t offset = 0;
  for (const std::size_t size : sizes) {
    result.push_back({offset, size});
    offset += size;
  }
  return result;
}

std::size_t total(const std::vector<ParameterRange>& ranges) {
  return ranges.empty() ? 0 : ranges.back().offset + ranges.back().size;
}

TEST(BlockShards, gives_every_element_to_exactly_one_place_of_one_rank) {
  for (const std::size_t elements :
       {std::size_t{0}, std::size_t{1}, kBlock - 1, kBlock, kBlock + 1, 5 * kBlock + 17}) {
    for (const int ranks : {1, 2, 3, 4}) {
      const BlockShards shards(elements, ranks);
      std::size_t owned = 0;
      for (int rank = 0; rank < ranks; ++rank) {
        std::size_t expected_offset = 0;
        for (std::size_t block = shards.next_owned(0, rank); block < shards.blocks();
             block = shards.next_owned(block + 1, rank)) {
          EXPECT_EQ(shards.owner(block), rank);
          EXPECT_EQ(shards.shard_offset(block), expected_offset);
          expected_offset += shards.block_size(block);
          owned += shards.block_size(block);
        }
        EXPECT_EQ(shards.shard_size(rank), expected_offset);
      }
      EXPECT_EQ(owned, elements) << ranks << " ranks";
    }
  }
}

TEST(BucketPlan, buckets_cover_every_block_once_from_the_last_to_the_first) {
  const auto ranges = parameters({kBlock * 3 + 5, 10, kBlock * 4});
  const BucketPlan plan(ranges, total(ranges), 2 * kBlock);
  std::size_t end = BlockShards(total(ranges), 1).blocks();
  for (const Bucket& bucket : plan.buckets()) {
    EXPECT_EQ(bucket.end_block, end);
    EXPECT_LT(bucket.first_block, bucket.end_block);
    end = bucket.first_block;
  }
  EXPECT_EQ(end, 0u);
}

TEST(BucketPlan, counts_a_parameter_in_every_bucket_that_holds_part_of_it) {
  const auto ranges = parameters({kBlock * 3, 0, 1, kBlock - 1});
  const BucketPlan plan(ranges, total(ranges), kBlock);
  ASSERT_EQ(plan.buckets().size(), 4u);
  EXPECT_EQ(plan.buckets_of(0).first, 1u);
  EXPECT_EQ(plan.buckets_of(0).end, 4u);
  EXPECT_EQ(plan.buckets_of(1).first, plan.buckets_of(1).end);  // no elements, no bucket
  EXPECT_EQ(plan.buckets_of(2).first, 0u);
  EXPECT_EQ(plan.buckets_of(3).first, 0u);
  EXPECT_EQ(plan.parameters_in(0), 2u);
  EXPECT_EQ(plan.parameters_in(3), 1u);
}

TEST(BucketPlan, an_empty_model_has_no_buckets) {
  EXPECT_TRUE(BucketPlan({}, 0, kBlock).buckets().empty());
}

TEST(BestBucket, is_one_bucket_when_everything_is_ready_at_once) {
  const auto ranges = parameters({kBlock * 8, kBlock * 8});
  const std::vector<double> ready{0, 0};
  const std::size_t size = best_bucket_elements(ranges, total(ranges), ready, {1e-9, 1e-3});
  EXPECT_EQ(BucketPlan(ranges, total(ranges), size).buckets().size(), 1u);
}

TEST(BestBucket, is_small_when_gradients_come_one_by_one_and_buckets_cost_nothing) {
  const auto ranges = parameters({kBlock, kBlock, kBlock, kBlock});
  const std::vector<double> ready{4, 3, 2, 1};
  const double seconds_per_element = 1.0 / static_cast<double>(kBlock);
  EXPECT_EQ(best_bucket_elements(ranges, total(ranges), ready, {seconds_per_element, 0}), kBlock);
}

}  // namespace
}  // namespace greentrain
