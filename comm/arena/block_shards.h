#pragma once

#include <cstddef>

namespace greentrain {

/// Who updates which elements of a flat buffer: blocks of kBlock elements, dealt to the ranks in
/// turn. A rank keeps its elements whatever the buckets are, and has a fair share of every bucket.
class BlockShards {
 public:
  static constexpr std::size_t kBlock =
      8192;  ///< 32 KiB of float32: long enough for the prefetchers, short enough for the caches.

  BlockShards(std::size_t elements, int ranks)
      : elements_(elements), ranks_(static_cast<std::size_t>(ranks)) {}

  std::size_t elements() const { return elements_; }
  std::size_t blocks() const { return (elements_ + kBlock - 1) / kBlock; }
  int owner(std::size_t block) const { return static_cast<int>(block % ranks_); }

  /// First of this rank's blocks at or after `block`.
  std::size_t next_owned(std::size_t block, int rank) const {
    const auto mine = static_cast<std::size_t>(rank);
    return block + (mine + ranks_ - block % ranks_) % ranks_;
  }
  /// Where an owned block's elements lie in the rank's own, dense shard.
  std::size_t shard_offset(std::size_t block) const { return block / ranks_ * kBlock; }
  /// Elements in a block; the last one may be smaller.
  std::size_t block_size(std::size_t block) const {
    const std::size_t begin = block * kBlock;
    return elements_ - begin < kBlock ? elements_ - begin : kBlock;
  }
  /// Elements a rank's shard needs room for.
  std::size_t shard_size(int rank) const;

 private:
  std::size_t elements_;
  std::size_t ranks_;
};

}  // namespace greentrain
