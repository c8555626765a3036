#include "comm/exchange/node_exchange.h"

#include <fmt/format.h>

namespace greentrain {
namespace {

// The doubles by block follow the parameters, on a cache line of their own.
std::size_t values_offset(const ExchangeShape& shape) {
  constexpr std::size_t kLine = 64;
  return (shape.elements * size_of(shape.parameter_values) + kLine - 1) / kLine * kLine;
}

std::size_t blocks_of(const ExchangeShape& shape) {
  return BlockShards(shape.elements, 1).blocks();
}

}  // namespace

Arena make_exchange_arena(Communicator& node, const ExchangeShape& shape,
                          const SharedMemory::Source& source) {
  return Arena(
      node,
      {values_offset(shape) + blocks_of(shape) * sizeof(double),
       shape.elements * size_of(shape.gradients), NodeReducer::counters_needed(shape.elements)},
      source);
}

void share_on_node(Arena& arena, const ExchangeShape& shape, std::span<double> values) {
  const std::span shared(reinterpret_cast<double*>(arena.common().data() + values_offset(shape)),
                         blocks_of(shape));
  const BlockShards shards(shape.elements, arena.ranks());
  const auto stride = static_cast<std::size_t>(arena.ranks());
  for (std::size_t block = shards.next_owned(0, arena.rank()); block < shared.size();
       block += stride) {
    shared[block] = values[block];
  }
  arena.barrier();
  std::copy(shared.begin(), shared.end(), values.begin());
}

NodeExchange::NodeExchange(Communicator& node, const ExchangeShape& shape,
                           std::size_t bucket_elements, const SharedMemory::Source& source)
    : shape_(shape),
      arena_(make_exchange_arena(node, shape_, source)),
      plan_(shape_.parameters, shape_.elements, bucket_elements),
      reducer_(arena_, shape_.gradients, plan_, shape_.elements) {}

void NodeExchange::begin_step(const Record& vote, CombineRecord combine, BlockOwner& owner) {
  combine_ = combine;
  owner_ = &owner;
  agreed_ = false;
  arena_.post_record(vote);
  reducer_.begin_step(*this);
}

void NodeExchange::finish_step() {
  reducer_.finish_step();
  agree();  // A rank may own no block.
}

void NodeExchange::share_by_block(std::span<double> values) {
  const Waiting waiting(heart_, Operation::AllGather);
  share_on_node(arena_, shape_, values);
}

// A bucket costs a look at each rank's counter.
ExchangeCost NodeExchange::measured_cost() const {
  constexpr double kSecondsPerBucket = 1e-6;
  return {reducer_.seconds_per_element() / arena_.ranks(), kSecondsPerBucket};
}

void NodeExchange::publish() {
  const Waiting waiting(heart_, Operation::Barrier);
  arena_.barrier();
}

void NodeExchange::set_heart(Heart& heart) {
  heart_ = &heart;
  reducer_.set_heart(heart);
}

void NodeExchange::set_bucket_elements(std::size_t elements) {
  plan_ = BucketPlan(shape_.parameters, shape_.elements, elements);
}

std::string NodeExchange::description() const {
  if (arena_.ranks() == 1) return "one rank";
  return fmt::format("{} ranks share memory ({})", arena_.ranks(), arena_.origin());
}

void NodeExchange::block_summed(std::size_t block, std::span<float> sums) {
  agree();
  owner_->update({block, block * BlockShards::kBlock, shards().shard_offset(block), sums});
}

// Does not wait when a block is there: all ranks have filled its bucket, and voted before that.
void NodeExchange::agree() {
  if (agreed_) return;
  agreed_ = true;
  owner_->agreed(arena_.collect_records(combine_));
}

}  // namespace greentrain
