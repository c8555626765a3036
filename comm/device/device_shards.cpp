#include "comm/device/device_shards.h"

namespace greentrain {

DeviceShards::DeviceShards(std::span<const ParameterRange> parameters, std::size_t elements,
                           std::size_t bucket_elements, int ranks)
    : ranks_(static_cast<std::size_t>(ranks)),
      block_(kAlignment * ranks_),
      blocks_((elements + block_ - 1) / block_),
      plan_(parameters, elements, bucket_elements, block_) {}

std::size_t DeviceShards::bucket_offset(std::size_t bucket) const {
  return plan_.buckets()[bucket].first_block * block_;
}

std::size_t DeviceShards::bucket_elements(std::size_t bucket) const {
  const Bucket& blocks = plan_.buckets()[bucket];
  return (blocks.end_block - blocks.first_block) * block_;
}

DeviceShard DeviceShards::of(std::size_t bucket, int rank) const {
  const std::size_t part = bucket_elements(bucket) / ranks_;
  const std::size_t begin = bucket_offset(bucket);
  return {bucket, begin + part * static_cast<std::size_t>(rank), begin / ranks_, part};
}

}  // namespace greentrain
