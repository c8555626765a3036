#pragma once

#include <memory>
#include <vector>

#include "comm/exchange/gradient_exchange.h"
#include "comm/exchange/node_exchange.h"
#include "comm/exchange/node_reducer.h"
#include "comm/exchange/progress_thread.h"

namespace greentrain {

/// Ranks on several nodes, as many on each. A bucket is summed on each node, every rank its blocks;
/// the ranks of the same place on all nodes (peers) then exchange their sums, so that each node
/// owns some of the blocks; after the update the peers exchange the parameters. What peers send
/// goes through one progress thread in the plan's order, while backward goes on: blocking calls,
/// since Open MPI 4.1 makes no progress with nonblocking ones.
///
/// With one rank on each node this is the exchange without shared memory.
class ClusterExchange final : public GradientExchange, private NodeReducer::Sink {
 public:
  /// node: the ranks of this rank's node. peers: the ranks of this place on every node, in the
  /// nodes' order. Collective. Throws Error when the node has no shared memory for it.
  ClusterExchange(std::unique_ptr<Communicator> node, std::unique_ptr<Communicator> peers,
                  const ExchangeShape& shape, std::size_t bucket_elements,
                  const SharedMemory::Source& source);

  std::span<std::byte> parameters() override { return arena_.common(); }
  std::span<std::byte> gradients() override { return arena_.slab(arena_.rank()); }
  const BlockShards& shards() const override { return shards_; }
  int owner() const override { return peers_->rank() * arena_.ranks() + arena_.rank(); }

  void begin_step(const Record& vote, CombineRecord combine, BlockOwner& owner) override;
  void parameter_ready(std::size_t parameter) override { reducer_.parameter_ready(parameter); }
  void finish_step() override;
  void share_by_block(std::span<double> values) override;
  void publish() override;
  ExchangeCost measured_cost() const override;
  void set_bucket_elements(std::size_t elements) override;

  void set_heart(Heart& heart) override;
  Seconds waited() const override { return arena_.waited() + progress_.waited(); }
  std::string description() const override;
  void abandon() override { arena_.abandon(); }

 private:
  /// What the peers exchange of one bucket: a part for each node, all of `part` blocks; a part that
  /// has fewer ends with blocks nobody reads.
  struct Parcel {
    std::size_t first_block{0};  ///< This rank's first block of the bucket on its node.
    std::size_t end_block{0};
    std::size_t part{0};          ///< Blocks.
    std::vector<float> to_peers;  ///< [nodes * part * kBlock]
    std::vector<float> from_peers;
    ProgressThread::Ticket sent{0};
  };

  void block_summed(std::size_t block, std::span<float> sums) override;
  void bucket_summed(std::size_t bucket) override;
  void make_parcels();
  std::size_t node_of(std::size_t block) const;
  /// Place of a block among those of its parcel that the same node owns.
  std::size_t place_in_part(const Parcel& parcel, std::size_t block) const;
  void update_blocks(const Parcel& parcel);
  std::byte* parameter_block(std::size_t block) const;
  std::size_t parameter_bytes(std::size_t block) const;

  std::unique_ptr<Communicator> node_;
  std::unique_ptr<Communicator> peers_;
  ExchangeShape shape_;
  Arena arena_;
  BlockShards shards_;
  BucketPlan plan_;
  NodeReducer reducer_;
  std::vector<Parcel> parcels_;  ///< By bucket.
  std::size_t summing_{0};       ///< The bucket whose blocks are being summed.
  std::vector<float> sums_;      ///< One block.
  std::vector<std::byte> own_shard_;
  std::vector<std::byte> all_shards_;
  Record votes_{};
  CombineRecord combine_{nullptr};
  BlockOwner* owner_{nullptr};
  Heart* heart_{nullptr};
  ProgressThread::Ticket voted_{0};
  Seconds sending_{0};  ///< Written by the progress thread.
  std::size_t sent_elements_{0};
  ProgressThread progress_;  ///< Last: what it does uses the others.
};

}  // namespace greentrain
