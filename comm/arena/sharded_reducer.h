#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "comm/arena/arena.h"
#include "comm/arena/block_shards.h"
#include "comm/arena/bucket_plan.h"

namespace greentrain {

/// One block of summed gradients, still in the first-level cache.
struct ReducedBlock {
  std::size_t offset;        ///< Of its first element in the flat buffer.
  std::size_t shard_offset;  ///< Of its first element in this rank's dense shard.
  std::span<float> gradients;
};

/// Sums the gradient slabs of a node's ranks block by block and hands each block that this rank
/// owns to a callback: ZeRO-1's sharded update without a message. A rank takes its share of every
/// bucket that all ranks have filled whenever it passes parameter_ready(), so most of the work
/// happens inside backward, with no thread and no copy.
///
/// One per rank, one thread. Every rank goes through the same steps.
class ShardedReducer {
 public:
  using Consume = std::function<void(const ReducedBlock&)>;

  /// gradients: Float32 or BFloat16 elements, at the start of each slab of the arena; sums are
  /// always float32. The arena needs counters_needed() counters.
  ShardedReducer(Arena& arena, ElementType gradients, std::vector<ParameterRange> parameters,
                 std::size_t elements, std::size_t bucket_elements);
  static std::size_t counters_needed(std::size_t elements);

  /// Before backward. `consume` gets every owned block once until finish_step() returns; by then
  /// all ranks have filled the block, so nobody reads its parameters any more in this step.
  void begin_step(Consume consume);
  /// The gradient of a parameter is in this rank's slab.
  void parameter_ready(std::size_t parameter);
  /// After backward: parameters that never came are zeros in the slab. Takes what is left.
  void finish_step();

  const BlockShards& shards() const { return shards_; }

 private:
  void fill(std::size_t bucket);
  bool everyone_filled(std::size_t bucket) const;
  void reduce(std::size_t bucket);

  Arena& arena_;
  ElementType type_;
  BlockShards shards_;
  BucketPlan plan_;
  Consume consume_;
  std::uint32_t step_{0};
  std::size_t next_bucket_{0};        ///< The first one not reduced yet.
  std::vector<std::size_t> missing_;  ///< Parameters still to come, by bucket.
  std::vector<float> block_;
};

}  // namespace greentrain
