#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "comm/communicator.h"
#include "comm/exchange/block_shards.h"
#include "comm/exchange/bucket_plan.h"
#include "comm/watch/heart.h"
#include "core/units.h"

namespace greentrain {

/// What is exchanged: a flat buffer of parameters and one of their gradients, of the same layout.
struct ExchangeShape {
  std::vector<ParameterRange> parameters;       ///< Ascending, without overlap.
  std::size_t elements{0};                      ///< At least 1; what no parameter covers is zero.
  ElementType gradients{ElementType::Float32};  ///< Or BFloat16; sums are float32.
  ElementType parameter_values{ElementType::Float32};  ///< Or BFloat16.
};

/// One block of gradients summed over all ranks, still in the first-level cache.
struct ReducedBlock {
  std::size_t block;         ///< Its number in the flat buffer.
  std::size_t offset;        ///< Of its first element in the flat buffer.
  std::size_t shard_offset;  ///< Of its first element in this rank's dense shard.
  std::span<float> gradients;
};

/// Turns this rank's blocks of gradients into parameters.
class BlockOwner {
 public:
  virtual ~BlockOwner() = default;
  /// All ranks' records of this step, combined. Once a step, before the first block.
  virtual void agreed(const Record& votes) = 0;
  /// The block's parameters may be written: no rank of the node reads them any more in this step.
  virtual void update(const ReducedBlock& block) = 0;
};

/// Brings the gradients of all ranks together and the updated parameters to all: every rank owns a
/// share of the blocks (BlockShards), gets their sums, and writes their parameters for everybody.
/// That is ZeRO-1 (Rajbhandari et al. 2020, arXiv 1910.02054): optimizer state divided by the
/// ranks. Sums follow one binary tree over the ranks (tree_split() in comm/fold.h).
///
/// One per rank, one thread. A step on every rank:
///   begin_step(), then parameter_ready() in any order, then finish_step(),
///   perhaps share_by_block() and more writes to its own blocks, then publish().
class GradientExchange {
 public:
  virtual ~GradientExchange() = default;

  /// Parameters, shared by the ranks of a node; an owner writes its blocks. 64-byte aligned.
  virtual std::span<std::byte> parameters() = 0;
  /// This rank's gradients; nobody else writes them. 64-byte aligned, zero at first.
  virtual std::span<std::byte> gradients() = 0;
  virtual const BlockShards& shards() const = 0;
  virtual int owner() const = 0;  ///< This rank among the owners of shards().

  /// After forward: casts this rank's record; `owner` is told what all say before its first block.
  virtual void begin_step(const Record& vote, CombineRecord combine, BlockOwner& owner) = 0;
  /// The gradient of a parameter is in gradients().
  virtual void parameter_ready(std::size_t parameter) = 0;
  /// After backward. Of parameters that never came, gradients() counts as it is. Returns when the
  /// owner has had all its blocks.
  virtual void finish_step() = 0;
  /// Every rank has set the values of its own blocks; all get all of them. At most once a step.
  virtual void share_by_block(std::span<double> values) = 0;
  /// Returns when every rank sees all parameters that were written.
  virtual void publish() = 0;

  /// What summing has cost so far on this rank; for best_bucket_elements().
  virtual ExchangeCost measured_cost() const = 0;
  /// Elements exchanged together, between steps; the same on every rank.
  virtual void set_bucket_elements(std::size_t elements) = 0;

  /// Tells this rank's heart when the rank waits for others, and in which bucket.
  virtual void set_heart(Heart& heart) = 0;
  virtual Seconds waited() const = 0;           ///< For other ranks, so far.
  virtual std::string description() const = 0;  ///< "2 ranks share memory in /dev/shm".
  /// A rank is lost: all that wait for it on this node, now or later, throw Error. Any thread.
  virtual void abandon() = 0;
};

}  // namespace greentrain
