#include "trainer/device/device_update.h"

#include <utility>

#include <ATen/ops/from_blob.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include "core/error.h"

namespace greentrain {

DeviceStream native_stream(const c10::Stream& stream) {
  if (stream.device_type() == c10::kCPU) return nullptr;  // In tests: torch has no streams there.
  return static_cast<DeviceStream>(stream.native_handle());
}

DeviceUpdate::DeviceUpdate(Communicator& comm, const OptimizerOptions& options,
                           FlatParameters& parameters, DeviceExchange& exchange, c10::Stream stream,
                           StepJudge judge)
    : comm_(comm),
      parameters_(parameters),
      exchange_(exchange),
      device_(stream.device()),
      optimizer_(options, options.clip_norm, parameters.statistics_begin(), exchange, stream,
                 DecayRanges(options.decay_on, parameters)),
      judge_(std::move(judge)),
      awaited_(parameters.shape().parameters.size(), true) {
  if (judge_.accepts_norm) throw Error("a GPU's gradients cannot wait for a judge of their norm");
  parameters_.bind(flat(exchange_.parameters()));
}

at::Tensor DeviceUpdate::gradients() { return flat(exchange_.gradients()); }

void DeviceUpdate::begin_step(const StepNumbers& numbers) {
  if (numbers.loss_scale != 1) throw Error("a GPU's gradients cannot be unscaled");
  optimizer_.begin_step(numbers.learning_rate, numbers.shares);
}

void DeviceUpdate::take_snapshot() { throw Error("no snapshots in the memory of a GPU"); }
void DeviceUpdate::restore_snapshot() { take_snapshot(); }

void DeviceUpdate::begin_exchange(std::function<Record()> vote, CombineRecord combine) {
  vote_ = std::move(vote);
  combine_ = combine;
  exchange_.begin_step(optimizer_);
}

void DeviceUpdate::parameter_ready(std::size_t tensor) {
  exchange_.parameter_ready(tensor, compute());
}

void DeviceUpdate::finish_exchange() {
  exchange_.finish_step(compute());
  optimizer_.finish_step();
  exchange_.publish();
  Record record = vote_();
  comm_.reduce_record(record, combine_);
  judge_.may_update(record);
}

void DeviceUpdate::finish_update() {
  parameters_.count_batch();
  awaited_.assign(awaited_.size(), false);
}

void DeviceUpdate::before_layer(std::span<const std::size_t> tensors) {
  for (const std::size_t tensor : tensors) await(tensor);
}

void DeviceUpdate::settle() {
  for (std::size_t tensor = 0; tensor < awaited_.size(); ++tensor) await(tensor);
}

void DeviceUpdate::await(std::size_t tensor) {
  if (awaited_[tensor]) return;
  awaited_[tensor] = true;
  exchange_.wait_for_parameter(tensor, compute());
  parameters_.updated(tensor);
}

DeviceStream DeviceUpdate::compute() const {
  return native_stream(c10::impl::VirtualGuardImpl(device_.type()).getStream(device_));
}

at::Tensor DeviceUpdate::flat(float* data) const {
  return at::for_blob(data, {static_cast<std::int64_t>(parameters_.shape().elements)})
      .target_device(device_)
      .options(at::TensorOptions(device_).dtype(at::kFloat))
      .make_tensor();
}

}  // namespace greentrain
