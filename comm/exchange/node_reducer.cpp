#include "comm/exchange/node_reducer.h"

#include <chrono>

#include "comm/arena/sum.h"

namespace greentrain {

NodeReducer::NodeReducer(Arena& arena, ElementType gradients, const BucketPlan& plan,
                         std::size_t elements)
    : arena_(arena),
      type_(gradients),
      shards_(elements, arena.ranks()),
      plan_(plan),
      sums_(BlockShards::kBlock),
      float_slabs_(static_cast<std::size_t>(arena.ranks())),
      bfloat_slabs_(float_slabs_.size()) {}

std::size_t NodeReducer::counters_needed(std::size_t elements) {
  return BlockShards(elements, 1).blocks();
}

void NodeReducer::begin_step(Sink& sink) {
  ++step_;
  sink_ = &sink;
  next_bucket_ = 0;
  missing_.clear();
  for (std::size_t bucket = 0; bucket < plan_.buckets().size(); ++bucket) {
    missing_.push_back(plan_.parameters_in(bucket));
  }
}

void NodeReducer::parameter_ready(std::size_t parameter) {
  const auto range = plan_.buckets_of(parameter);
  for (std::size_t bucket = range.first; bucket < range.end; ++bucket) {
    if (--missing_[bucket] == 0) fill(bucket);
  }
  while (next_bucket_ < missing_.size() && everyone_filled(next_bucket_)) {
    sum_bucket(next_bucket_++);
  }
}

void NodeReducer::finish_step() {
  for (std::size_t bucket = 0; bucket < missing_.size(); ++bucket) {
    if (missing_[bucket] > 0 || plan_.parameters_in(bucket) == 0) fill(bucket);
  }
  for (; next_bucket_ < missing_.size(); ++next_bucket_) {
    if (heart_ != nullptr) heart_->begin_bucket(static_cast<std::uint16_t>(next_bucket_));
    for (int rank = 0; rank < arena_.ranks(); ++rank) {
      arena_.waiter().wait(arena_.counter(rank, next_bucket_), step_);
    }
    sum_bucket(next_bucket_);
  }
  if (heart_ != nullptr) heart_->end();
}

void NodeReducer::fill(std::size_t bucket) {
  arena_.counter(arena_.rank(), bucket).raise_to(step_);
}

bool NodeReducer::everyone_filled(std::size_t bucket) const {
  for (int rank = 0; rank < arena_.ranks(); ++rank) {
    if (!arena_.counter(rank, bucket).reached(step_)) return false;
  }
  return true;
}

void NodeReducer::sum_bucket(std::size_t bucket) {
  const auto begin = std::chrono::steady_clock::now();
  const Bucket& blocks = plan_.buckets()[bucket];
  const auto stride = static_cast<std::size_t>(arena_.ranks());
  for (std::size_t block = shards_.next_owned(blocks.first_block, arena_.rank());
       block < blocks.end_block; block += stride) {
    const std::size_t offset = block * BlockShards::kBlock;
    const std::span<float> sums(sums_.data(), shards_.block_size(block));
    if (type_ == ElementType::BFloat16) {
      sum_bfloat16(slabs_at(bfloat_slabs_, offset), sums.data(), sums.size());
    } else {
      sum_float32(slabs_at(float_slabs_, offset), sums.data(), sums.size());
    }
    sink_->block_summed(block, sums);
    summed_elements_ += sums.size();
  }
  sink_->bucket_summed(bucket);
  summing_ += std::chrono::steady_clock::now() - begin;
}

double NodeReducer::seconds_per_element() const {
  return summed_elements_ == 0 ? 0 : summing_.count() / static_cast<double>(summed_elements_);
}

template <class Element>
std::span<const Element* const> NodeReducer::slabs_at(std::vector<const Element*>& slabs,
                                                      std::size_t offset) const {
  for (int rank = 0; rank < arena_.ranks(); ++rank) {
    slabs[static_cast<std::size_t>(rank)] =
        reinterpret_cast<const Element*>(arena_.slab(rank).data()) + offset;
  }
  return slabs;
}

}  // namespace greentrain
