#pragma once

#include <memory>

#include "comm/communicator.h"
#include "comm/watch/heart.h"

namespace greentrain {

/// Another communicator whose calls a heart tells of, so that it is known who waits in which
/// collective. Borrows both; silent until it has a heart.
class WatchedCommunicator final : public Communicator {
 public:
  explicit WatchedCommunicator(Communicator& inner) : inner_(inner) {}
  void set_heart(Heart& heart) { heart_ = &heart; }

  int rank() const override { return inner_.rank(); }
  int size() const override { return inner_.size(); }
  void all_reduce(BufferView data, ReduceOp op = ReduceOp::Sum) override;
  void reduce_scatter(ConstBufferView input, BufferView output,
                      ReduceOp op = ReduceOp::Sum) override;
  void all_gather(ConstBufferView input, BufferView output) override;
  void all_to_all(ConstBufferView input, BufferView output) override;
  void broadcast(BufferView data, int root) override;
  void barrier() override;
  void reduce_record(Record& record, CombineRecord combine) override;
  /// Parts are not watched: another thread may use them.
  std::unique_ptr<Communicator> split_by_node() override { return inner_.split_by_node(); }
  std::unique_ptr<Communicator> split(int color) override { return inner_.split(color); }

 private:
  template <class Call>
  void watched(Operation operation, Call call);

  Communicator& inner_;
  Heart* heart_{nullptr};
};

}  // namespace greentrain
