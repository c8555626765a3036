#include "comm/device/nccl_exchange.h"

#include <utility>

#include <fmt/format.h>

namespace greentrain {

NcclExchange::NcclExchange(Communicator& world, DeviceShards shards, const DeviceSettings& settings)
    : stream_(settings.stream),
      shards_(std::move(shards)),
      full_buckets_(shards_.plan()),
      parameters_(allocate_zeros(shards_.padded_elements() * sizeof(float))),
      gradients_(allocate_zeros(shards_.padded_elements() * sizeof(float))),
      full_(shards_.buckets()),
      gathered_(shards_.buckets()),
      awaited_(shards_.buckets(), true),
      deadline_(settings.clock, settings.limits),
      communicator_(world, settings.clock),
      watchdog_(communicator_, deadline_, settings.on_failure) {}

void NcclExchange::begin_step(DeviceShardOwner& owner) {
  owner_ = &owner;
  started_ = 0;
  ++step_;
  full_buckets_.begin_step();
}

void NcclExchange::parameter_ready(std::size_t parameter, DeviceStream compute) {
  for (const std::size_t bucket : full_buckets_.add(parameter)) full_[bucket].record(compute);
  start_full_buckets();
}

void NcclExchange::finish_step(DeviceStream compute) {
  for (const std::size_t bucket : full_buckets_.add_rest()) full_[bucket].record(compute);
  start_full_buckets();
}

void NcclExchange::start_full_buckets() {
  for (; started_ < full_buckets_.count(); ++started_) {
    full_[started_].wait_in(stream_);
    const DeviceShard mine = shards_.of(started_, rank());
    const float* bucket = gradients() + shards_.bucket_offset(started_);
    float* const sums = gradients() + mine.offset;
    communicator_.reduce_scatter(bucket, sums, mine.elements, stream_);
    const float* const sources[] = {sums};
    owner_->update({mine, sources, parameters() + mine.offset});
  }
}

void NcclExchange::gather(const float* mine, float* all, std::size_t count) {
  communicator_.all_gather(mine, all, count, stream_);
}

void NcclExchange::publish() {
  for (std::size_t bucket = shards_.buckets(); bucket-- > 0;) {  // Backward fills them last first.
    const DeviceShard mine = shards_.of(bucket, rank());
    float* const all = parameters() + shards_.bucket_offset(bucket);
    communicator_.all_gather(parameters() + mine.offset, all, mine.elements, stream_);
    gathered_[bucket].record(stream_);
  }
  awaited_.assign(shards_.buckets(), false);
  DeviceEvent& over = over_[step_ % StepDeadline::kSlots];
  over.record(stream_);
  deadline_.expect(step_, [&over] { return over.done(); });
}

void NcclExchange::wait_for_parameter(std::size_t parameter, DeviceStream compute) {
  const auto range = shards_.plan().buckets_of(parameter);
  for (std::size_t bucket = range.first; bucket < range.end; ++bucket) wait_for(bucket, compute);
}

void NcclExchange::wait_for_parameters(DeviceStream compute) {
  for (std::size_t bucket = shards_.buckets(); bucket-- > 0;) wait_for(bucket, compute);
}

void NcclExchange::wait_for(std::size_t bucket, DeviceStream compute) {
  if (awaited_[bucket]) return;
  awaited_[bucket] = true;
  gathered_[bucket].wait_in(compute);
}

std::string NcclExchange::description() const {
  return fmt::format("{} ranks with a GPU each, NCCL {}", communicator_.size(),
                     NcclCommunicator::version());
}

}  // namespace greentrain
