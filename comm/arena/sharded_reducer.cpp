#include "comm/arena/sharded_reducer.h"

#include <utility>

#include "comm/arena/sum.h"

namespace greentrain {
namespace {

template <class Element>
std::vector<const Element*> slabs_at(const Arena& arena, std::size_t offset) {
  std::vector<const Element*> slabs;
  for (int rank = 0; rank < arena.ranks(); ++rank) {
    slabs.push_back(reinterpret_cast<const Element*>(arena.slab(rank).data()) + offset);
  }
  return slabs;
}

}  // namespace

ShardedReducer::ShardedReducer(Arena& arena, ElementType gradients,
                               std::vector<ParameterRange> parameters, std::size_t elements,
                               std::size_t bucket_elements)
    : arena_(arena),
      type_(gradients),
      shards_(elements, arena.ranks()),
      plan_(parameters, elements, bucket_elements),
      block_(BlockShards::kBlock) {}

std::size_t ShardedReducer::counters_needed(std::size_t elements) {
  return BlockShards(elements, 1).blocks();
}

void ShardedReducer::begin_step(Consume consume) {
  ++step_;
  consume_ = std::move(consume);
  next_bucket_ = 0;
  missing_.clear();
  for (std::size_t bucket = 0; bucket < plan_.buckets().size(); ++bucket) {
    missing_.push_back(plan_.parameters_in(bucket));
  }
}

void ShardedReducer::parameter_ready(std::size_t parameter) {
  const auto range = plan_.buckets_of(parameter);
  for (std::size_t bucket = range.first; bucket < range.end; ++bucket) {
    if (--missing_[bucket] == 0) fill(bucket);
  }
  while (next_bucket_ < missing_.size() && everyone_filled(next_bucket_)) reduce(next_bucket_++);
}

void ShardedReducer::finish_step() {
  for (std::size_t bucket = 0; bucket < missing_.size(); ++bucket) {
    if (missing_[bucket] > 0 || plan_.parameters_in(bucket) == 0) fill(bucket);
  }
  for (; next_bucket_ < missing_.size(); ++next_bucket_) {
    for (int rank = 0; rank < arena_.ranks(); ++rank) {
      arena_.waiter().wait(arena_.counter(rank, next_bucket_), step_);
    }
    reduce(next_bucket_);
  }
  arena_.barrier();  // nobody overwrites a slab or reads a parameter before all are done
}

void ShardedReducer::fill(std::size_t bucket) {
  arena_.counter(arena_.rank(), bucket).raise_to(step_);
}

bool ShardedReducer::everyone_filled(std::size_t bucket) const {
  for (int rank = 0; rank < arena_.ranks(); ++rank) {
    if (!arena_.counter(rank, bucket).reached(step_)) return false;
  }
  return true;
}

void ShardedReducer::reduce(std::size_t bucket) {
  const Bucket& blocks = plan_.buckets()[bucket];
  const auto stride = static_cast<std::size_t>(arena_.ranks());
  for (std::size_t block = shards_.next_owned(blocks.first_block, arena_.rank());
       block < blocks.end_block; block += stride) {
    const std::size_t offset = block * BlockShards::kBlock;
    const std::size_t size = shards_.block_size(block);
    if (type_ == ElementType::BFloat16) {
      sum_bfloat16(slabs_at<BFloat16>(arena_, offset), block_.data(), size);
    } else {
      sum_float32(slabs_at<float>(arena_, offset), block_.data(), size);
    }
    consume_({offset, shards_.shard_offset(block), std::span(block_).first(size)});
  }
}

}  // namespace greentrain
