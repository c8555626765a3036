#pragma once

#include <cstddef>
#include <span>

#include "comm/exchange/bucket_plan.h"

namespace greentrain {

/// Consecutive elements of the flat buffer that one rank owns.
struct DeviceShard {
  std::size_t bucket;
  std::size_t offset;        ///< Of its first element in the flat buffer.
  std::size_t shard_offset;  ///< Of its first element in the rank's dense shard.
  std::size_t elements;
};

/// Who updates which elements of a flat buffer in the memory of GPUs: every bucket is cut into as
/// many equal parts as there are ranks, which is what NCCL's reduce-scatter deals out. To that end
/// the buffer is padded. Pure; the same on every rank.
class DeviceShards {
 public:
  static constexpr std::size_t kAlignment = 64;  ///< Elements: parts begin at 256 bytes.

  DeviceShards(std::span<const ParameterRange> parameters, std::size_t elements,
               std::size_t bucket_elements, int ranks);

  int ranks() const { return static_cast<int>(ranks_); }
  const BucketPlan& plan() const { return plan_; }
  std::size_t buckets() const { return plan_.buckets().size(); }
  std::size_t bucket_offset(std::size_t bucket) const;
  std::size_t bucket_elements(std::size_t bucket) const;
  DeviceShard of(std::size_t bucket, int rank) const;
  std::size_t padded_elements() const { return blocks_ * block_; }
  std::size_t shard_size() const { return padded_elements() / ranks_; }  ///< Of every rank.

 private:
  std::size_t ranks_;
  std::size_t block_;
  std::size_t blocks_;
  BucketPlan plan_;
};

}  // namespace greentrain
