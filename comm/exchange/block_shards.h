#pragma once

#include <cstddef>

namespace greentrain {

/// Who updates which elements of a flat buffer: blocks of kBlock elements, dealt to the owners in
/// turn. An owner keeps its elements whatever the buckets are, and has a fair share of every one.
class BlockShards {
 public:
  /// 32 KiB of float32: long enough for the prefetchers, short enough for the caches.
  static constexpr std::size_t kBlock = 8192;

  BlockShards(std::size_t elements, int owners)
      : elements_(elements), owners_(static_cast<std::size_t>(owners)) {}

  std::size_t elements() const { return elements_; }
  int owners() const { return static_cast<int>(owners_); }
  std::size_t blocks() const { return (elements_ + kBlock - 1) / kBlock; }
  int owner(std::size_t block) const { return static_cast<int>(block % owners_); }

  /// First block of this owner at or after `block`; its next one is owners() further.
  std::size_t next_owned(std::size_t block, int owner) const {
    const auto mine = static_cast<std::size_t>(owner);
    return block + (mine + owners_ - block % owners_) % owners_;
  }
  /// Where an owned block's elements lie in the owner's own, dense shard.
  std::size_t shard_offset(std::size_t block) const { return block / owners_ * kBlock; }
  /// Elements in a block; the last one may be smaller.
  std::size_t block_size(std::size_t block) const {
    const std::size_t begin = block * kBlock;
    return elements_ - begin < kBlock ? elements_ - begin : kBlock;
  }
  /// Elements an owner's shard needs room for.
  std::size_t shard_size(int owner) const;

 private:
  std::size_t elements_;
  std::size_t owners_;
};

}  // namespace greentrain
