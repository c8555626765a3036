#include "comm/exchange/block_shards.h"

namespace greentrain {

std::size_t BlockShards::shard_size(int owner) const {
  const std::size_t first = next_owned(0, owner);
  if (first >= blocks()) return 0;
  const std::size_t last = first + (blocks() - 1 - first) / owners_ * owners_;
  return shard_offset(last) + block_size(last);
}

}  // namespace greentrain
