#include "comm/exchange/cluster_exchange.h"

#include <algorithm>
#include <chrono>
#include <cstring>

#include <fmt/format.h>

#include "comm/arena/sum.h"

namespace greentrain {

constexpr std::size_t kBlock = BlockShards::kBlock;

ClusterExchange::ClusterExchange(std::unique_ptr<Communicator> node,
                                 std::unique_ptr<Communicator> peers, const ExchangeShape& shape,
                                 std::size_t bucket_elements, const SharedMemory::Source& source)
    : node_(std::move(node)),
      peers_(std::move(peers)),
      shape_(shape),
      arena_(make_exchange_arena(*node_, shape_, source)),
      shards_(shape_.elements, arena_.ranks() * peers_->size()),
      plan_(shape_.parameters, shape_.elements, bucket_elements),
      reducer_(arena_, shape_.gradients, plan_, shape_.elements),
      sums_(kBlock) {
  make_parcels();
  const std::size_t bytes = shards_.shard_size(0) * size_of(shape_.parameter_values);
  own_shard_.resize(bytes);  // Rank 0 of node 0 has the largest.
  all_shards_.resize(bytes * static_cast<std::size_t>(peers_->size()));
}

void ClusterExchange::make_parcels() {
  const auto nodes = static_cast<std::size_t>(peers_->size());
  parcels_.clear();
  for (const Bucket& bucket : plan_.buckets()) {
    Parcel parcel;
    parcel.first_block = reducer_.shards().next_owned(bucket.first_block, arena_.rank());
    parcel.end_block = bucket.end_block;
    std::vector<std::size_t> owned(nodes);
    for (std::size_t block = parcel.first_block; block < parcel.end_block;
         block += static_cast<std::size_t>(arena_.ranks())) {
      ++owned[node_of(block)];
    }
    parcel.part = *std::ranges::max_element(owned);
    parcel.to_peers.resize(nodes * parcel.part * kBlock);
    parcel.from_peers.resize(parcel.to_peers.size());
    parcels_.push_back(std::move(parcel));
  }
}

std::size_t ClusterExchange::node_of(std::size_t block) const {
  return static_cast<std::size_t>(shards_.owner(block) / arena_.ranks());
}

std::size_t ClusterExchange::place_in_part(const Parcel& parcel, std::size_t block) const {
  const std::size_t first = shards_.next_owned(parcel.first_block, shards_.owner(block));
  return (block - first) / static_cast<std::size_t>(shards_.owners());
}

void ClusterExchange::begin_step(const Record& vote, CombineRecord combine, BlockOwner& owner) {
  combine_ = combine;
  owner_ = &owner;
  summing_ = 0;
  arena_.post_record(vote);
  reducer_.begin_step(*this);
}

void ClusterExchange::block_summed(std::size_t block, std::span<float> sums) {
  Parcel& parcel = parcels_[summing_];
  const std::size_t at = node_of(block) * parcel.part + place_in_part(parcel, block);
  std::ranges::copy(sums, parcel.to_peers.begin() + static_cast<std::ptrdiff_t>(at * kBlock));
}

void ClusterExchange::bucket_summed(std::size_t bucket) {
  if (bucket == 0) {  // All ranks of the node have voted before they filled it.
    votes_ = arena_.collect_records(combine_);
    voted_ = progress_.run([this] { peers_->reduce_record(votes_, combine_); });
  }
  Parcel& parcel = parcels_[bucket];
  parcel.sent = progress_.run([this, &parcel] {
    const auto begin = std::chrono::steady_clock::now();
    peers_->all_to_all(ConstBufferView::of<float>(parcel.to_peers),
                       BufferView::of<float>(parcel.from_peers));
    sending_ += std::chrono::steady_clock::now() - begin;
    sent_elements_ += parcel.to_peers.size();
  });
  summing_ = bucket + 1;
}

void ClusterExchange::finish_step() {
  reducer_.finish_step();
  const Waiting waiting(heart_, Operation::AllToAll);
  progress_.wait(voted_);
  owner_->agreed(votes_);
  for (const Parcel& parcel : parcels_) {
    progress_.wait(parcel.sent);
    update_blocks(parcel);
  }
}

void ClusterExchange::update_blocks(const Parcel& parcel) {
  std::vector<const float*> parts(static_cast<std::size_t>(peers_->size()));
  for (std::size_t block = shards_.next_owned(parcel.first_block, owner());
       block < parcel.end_block; block += static_cast<std::size_t>(shards_.owners())) {
    const std::size_t place = place_in_part(parcel, block);
    for (std::size_t node = 0; node < parts.size(); ++node) {
      parts[node] = parcel.from_peers.data() + (node * parcel.part + place) * kBlock;
    }
    const std::span<float> sums(sums_.data(), shards_.block_size(block));
    sum_float32(parts, sums.data(), sums.size());
    owner_->update({block, block * kBlock, shards_.shard_offset(block), sums});
  }
}

void ClusterExchange::share_by_block(std::span<double> values) {
  const Waiting waiting(heart_, Operation::AllReduce);
  std::vector<double> mine(values.size());
  for (std::size_t block = shards_.next_owned(0, owner()); block < values.size();
       block += static_cast<std::size_t>(shards_.owners())) {
    mine[block] = values[block];
  }
  peers_->all_reduce(BufferView::of<double>(mine));  // One term of each sum is not zero.
  std::ranges::copy(mine, values.begin());
  share_on_node(arena_, shape_, values);
}

void ClusterExchange::publish() {
  const Waiting waiting(heart_, Operation::AllGather);
  const std::size_t width = size_of(shape_.parameter_values);
  const auto stride = static_cast<std::size_t>(shards_.owners());
  for (std::size_t block = shards_.next_owned(0, owner()); block < shards_.blocks();
       block += stride) {
    std::memcpy(own_shard_.data() + shards_.shard_offset(block) * width, parameter_block(block),
                parameter_bytes(block));
  }
  peers_->all_gather({own_shard_.data(), own_shard_.size(), ElementType::UInt8},
                     {all_shards_.data(), all_shards_.size(), ElementType::UInt8});
  for (int node = 0; node < peers_->size(); ++node) {
    if (node == peers_->rank()) continue;
    const std::byte* shard =
        all_shards_.data() + static_cast<std::size_t>(node) * own_shard_.size();
    const int their = node * arena_.ranks() + arena_.rank();
    for (std::size_t block = shards_.next_owned(0, their); block < shards_.blocks();
         block += stride) {
      std::memcpy(parameter_block(block), shard + shards_.shard_offset(block) * width,
                  parameter_bytes(block));
    }
  }
  arena_.barrier();
}

std::byte* ClusterExchange::parameter_block(std::size_t block) const {
  return arena_.common().data() + block * kBlock * size_of(shape_.parameter_values);
}

std::size_t ClusterExchange::parameter_bytes(std::size_t block) const {
  return shards_.block_size(block) * size_of(shape_.parameter_values);
}

// A bucket costs some messages beside what its elements cost.
ExchangeCost ClusterExchange::measured_cost() const {
  constexpr double kSecondsPerBucket = 50e-6;
  const double sending =
      sent_elements_ == 0 ? 0 : sending_.count() / static_cast<double>(sent_elements_);
  return {(reducer_.seconds_per_element() + sending) / arena_.ranks(), kSecondsPerBucket};
}

void ClusterExchange::set_heart(Heart& heart) {
  heart_ = &heart;
  reducer_.set_heart(heart);
}

void ClusterExchange::set_bucket_elements(std::size_t elements) {
  plan_ = BucketPlan(shape_.parameters, shape_.elements, elements);
  make_parcels();
}

std::string ClusterExchange::description() const {
  if (arena_.ranks() == 1) return fmt::format("{} ranks over MPI", peers_->size());
  return fmt::format("{} ranks on each of {} nodes share memory ({}), MPI between the nodes",
                     arena_.ranks(), peers_->size(), arena_.origin());
}

}  // namespace greentrain
