#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "comm/arena/arena.h"
#include "comm/exchange/block_shards.h"
#include "comm/exchange/bucket_plan.h"
#include "comm/watch/heart.h"

namespace greentrain {

/// Sums the gradient slabs of a node's ranks block by block; each rank takes the blocks that are
/// its own among the node's. It takes them whenever it passes parameter_ready(), from every bucket
/// that all ranks have filled, so that most of the work happens inside backward, with no thread and
/// no copy.
///
/// One per rank, one thread. Every rank goes through the same steps, and meets the others between
/// finish_step() and the next begin_step().
class NodeReducer {
 public:
  /// Where the sums go, bucket after bucket in the plan's order.
  class Sink {
   public:
    virtual ~Sink() = default;
    /// Summed gradients of a block, still in the first-level cache. All ranks have filled its
    /// bucket, so nobody reads its parameters any more in this step.
    virtual void block_summed(std::size_t block, std::span<float> sums) = 0;
    virtual void bucket_summed(std::size_t bucket) = 0;  ///< After its last block.
  };

  /// gradients: Float32 or BFloat16 elements, at the start of each slab of the arena; sums are
  /// always float32. The arena needs counters_needed() counters.
  NodeReducer(Arena& arena, ElementType gradients, const BucketPlan& plan, std::size_t elements);
  static std::size_t counters_needed(std::size_t elements);

  void begin_step(Sink& sink);  ///< Before backward.
  /// The gradient of a parameter is in this rank's slab.
  void parameter_ready(std::size_t parameter);
  /// After backward; of parameters that never came, the slab's values count. Takes what is left.
  void finish_step();

  void set_heart(Heart& heart) { heart_ = &heart; }
  /// Seconds per summed element of this rank's blocks, the sink's work included, so far.
  double seconds_per_element() const;
  const BlockShards& shards() const { return shards_; }  ///< Among the ranks of the node.

 private:
  void fill(std::size_t bucket);
  bool everyone_filled(std::size_t bucket) const;
  void sum_bucket(std::size_t bucket);
  template <class Element>
  std::span<const Element* const> slabs_at(std::vector<const Element*>& slabs,
                                           std::size_t offset) const;

  Arena& arena_;
  ElementType type_;
  BlockShards shards_;
  const BucketPlan& plan_;
  Sink* sink_{nullptr};
  Heart* heart_{nullptr};
  std::uint32_t step_{0};
  std::size_t next_bucket_{0};        ///< The first one not summed yet.
  std::vector<std::size_t> missing_;  ///< Parameters still to come, by bucket.
  std::vector<float> sums_;           ///< One block.
  Seconds summing_{0};
  std::size_t summed_elements_{0};
  std::vector<const float*> float_slabs_;
  std::vector<const BFloat16*> bfloat_slabs_;
};

}  // namespace greentrain
