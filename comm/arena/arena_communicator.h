#pragma once

#include <memory>
#include <span>

#include "comm/arena/arena.h"
#include "comm/communicator.h"

namespace greentrain {

/// Collectives between the ranks of one node through shared memory. Buffers that lie in
/// workspace(), at the same place on every rank, are exchanged where they are; others are copied
/// through it in pieces. Sums add in rank order, in float32 for bfloat16.
class ArenaCommunicator final : public Communicator {
 public:
  /// Collective over the ranks of a node. workspace_bytes: for each rank.
  ArenaCommunicator(Communicator& node, std::size_t workspace_bytes,
                    const SharedMemory::Source& source = {});

  std::span<std::byte> workspace() { return arena_.slab(arena_.rank()); }

  int rank() const override { return arena_.rank(); }
  int size() const override { return arena_.ranks(); }
  void all_reduce(BufferView data, ReduceOp op = ReduceOp::Sum) override;
  void reduce_scatter(ConstBufferView input, BufferView output,
                      ReduceOp op = ReduceOp::Sum) override;
  void all_gather(ConstBufferView input, BufferView output) override;
  void all_to_all(ConstBufferView input, BufferView output) override;
  void broadcast(BufferView data, int root) override;
  void barrier() override { arena_.barrier(); }
  void reduce_record(Record& record, CombineRecord combine) override {
    arena_.post_record(record);
    record = arena_.collect_records(combine);
  }
  std::unique_ptr<Communicator> split_by_node() override;
  std::unique_ptr<Communicator> split(int color) override;

 private:
  void reduce_in_workspace(std::size_t begin, std::size_t count, ElementType type, ReduceOp op);

  Communicator& node_;
  Arena arena_;
};

}  // namespace greentrain
