#include "comm/device/device_shards.h"

#include <vector>

#include <gtest/gtest.h>

namespace greentrain {
namespace {

TEST(DeviceShards, cover_every_element_once_whatever_the_ranks_and_buckets) {
  for (const std::size_t elements : {1u, 63u, 64u, 1000u, 20000u}) {
    for (const int ranks : {1, 2, 3, 7}) {
      for (const std::size_t bucket : {1u, 500u, 4096u, 1u << 20}) {
        const DeviceShards shards({}, elements, bucket, ranks);
        EXPECT_GE(shards.padded_elements(), elements);
        EXPECT_LT(shards.padded_elements(), elements + 64u * static_cast<unsigned>(ranks));
        std::vector<int> owners(shards.padded_elements());
        std::vector<int> places(shards.shard_size());
        for (std::size_t i = 0; i < shards.buckets(); ++i) {
          for (int rank = 0; rank < ranks; ++rank) {
            const DeviceShard shard = shards.of(i, rank);
            for (std::size_t j = 0; j < shard.elements; ++j) ++owners[shard.offset + j];
            for (std::size_t j = 0; j < shard.elements; ++j) ++places[shard.shard_offset + j];
          }
        }
        EXPECT_EQ(owners, std::vector<int>(owners.size(), 1));
        EXPECT_EQ(places, std::vector<int>(places.size(), ranks));
      }
    }
  }
}

TEST(DeviceShards, are_equal_consecutive_parts_of_their_bucket_as_nccl_deals_them) {
  const DeviceShards shards({}, 100000, 6000, 3);
  for (std::size_t bucket = 0; bucket < shards.buckets(); ++bucket) {
    const std::size_t part = shards.bucket_elements(bucket) / 3;
    for (int rank = 0; rank < 3; ++rank) {
      const DeviceShard shard = shards.of(bucket, rank);
      EXPECT_EQ(shard.elements, part);
      EXPECT_EQ(shard.offset, shards.bucket_offset(bucket) + part * static_cast<std::size_t>(rank));
      EXPECT_EQ(shard.offset % DeviceShards::kAlignment, 0u);
    }
  }
}

TEST(DeviceShards, put_the_last_parameters_into_the_first_bucket) {
  const DeviceShards shards(std::vector<ParameterRange>{{0, 1000}, {1024, 1000}}, 2048, 512, 2);
  EXPECT_EQ(shards.buckets(), 4u);
  EXPECT_EQ(shards.plan().buckets_of(1).first, 0u);
  EXPECT_EQ(shards.bucket_offset(0), 1536u);
}

}  // namespace
}  // namespace greentrain
