#include "comm/watch/watched_communicator.h"

namespace greentrain {

// When the call throws, the rank is still said to wait in it: that is where it ended.
template <class Call>
void WatchedCommunicator::watched(Operation operation, Call call) {
  if (heart_ != nullptr) heart_->begin(operation);
  call();
  if (heart_ != nullptr) heart_->end();
}

void WatchedCommunicator::all_reduce(BufferView data, ReduceOp op) {
  watched(Operation::AllReduce, [&] { inner_.all_reduce(data, op); });
}

void WatchedCommunicator::reduce_scatter(ConstBufferView input, BufferView output, ReduceOp op) {
  watched(Operation::ReduceScatter, [&] { inner_.reduce_scatter(input, output, op); });
}

void WatchedCommunicator::all_gather(ConstBufferView input, BufferView output) {
  watched(Operation::AllGather, [&] { inner_.all_gather(input, output); });
}

void WatchedCommunicator::all_to_all(ConstBufferView input, BufferView output) {
  watched(Operation::AllToAll, [&] { inner_.all_to_all(input, output); });
}

void WatchedCommunicator::broadcast(BufferView data, int root) {
  watched(Operation::Broadcast, [&] { inner_.broadcast(data, root); });
}

void WatchedCommunicator::barrier() {
  watched(Operation::Barrier, [&] { inner_.barrier(); });
}

void WatchedCommunicator::reduce_record(Record& record, CombineRecord combine) {
  watched(Operation::Record, [&] { inner_.reduce_record(record, combine); });
}

}  // namespace greentrain
