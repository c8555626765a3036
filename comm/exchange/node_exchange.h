#pragma once

#include "comm/exchange/gradient_exchange.h"
#include "comm/exchange/node_reducer.h"

namespace greentrain {

/// The arena of a node's ranks for one ExchangeShape: parameters and a double for each block in the
/// common region, gradients in the slabs. Collective over the node.
Arena make_exchange_arena(Communicator& node, const ExchangeShape& shape,
                          const SharedMemory::Source& source);
/// Gives every rank of the node the values of the blocks that are each rank's among the node's.
void share_on_node(Arena& arena, const ExchangeShape& shape, std::span<double> values);

/// All ranks are on one node: everything happens in its shared memory, in place.
class NodeExchange final : public GradientExchange, private NodeReducer::Sink {
 public:
  /// Collective. Throws Error on every rank when the node has no shared memory for it.
  NodeExchange(Communicator& node, const ExchangeShape& shape, std::size_t bucket_elements,
               const SharedMemory::Source& source);

  std::span<std::byte> parameters() override { return arena_.common(); }
  std::span<std::byte> gradients() override { return arena_.slab(arena_.rank()); }
  const BlockShards& shards() const override { return reducer_.shards(); }
  int owner() const override { return arena_.rank(); }

  void begin_step(const Record& vote, CombineRecord combine, BlockOwner& owner) override;
  void parameter_ready(std::size_t parameter) override { reducer_.parameter_ready(parameter); }
  void finish_step() override;
  void share_by_block(std::span<double> values) override;
  void publish() override;
  ExchangeCost measured_cost() const override;
  void set_bucket_elements(std::size_t elements) override;

  void set_heart(Heart& heart) override;
  Seconds waited() const override { return arena_.waited(); }
  std::string description() const override;
  void abandon() override { arena_.abandon(); }

 private:
  void block_summed(std::size_t block, std::span<float> sums) override;
  void bucket_summed(std::size_t) override {}
  void agree();

  ExchangeShape shape_;
  Arena arena_;
  BucketPlan plan_;
  NodeReducer reducer_;
  CombineRecord combine_{nullptr};
  BlockOwner* owner_{nullptr};
  bool agreed_{false};
  Heart* heart_{nullptr};
};

}  // namespace greentrain
