#include "comm/device/cuda_arena_exchange.h"

#include <exception>
#include <utility>

#include <fmt/format.h>

#include "core/error.h"
#include "core/log.h"

namespace greentrain {
namespace {

std::vector<IpcHandle> all_handles(Communicator& node, const std::vector<IpcHandle>& mine) {
  std::vector<IpcHandle> all(mine.size() * static_cast<std::size_t>(node.size()));
  node.all_gather({mine.data(), mine.size() * sizeof(IpcHandle), ElementType::UInt8},
                  {all.data(), all.size() * sizeof(IpcHandle), ElementType::UInt8});
  return all;
}

}  // namespace

CudaArenaExchange::CudaArenaExchange(Communicator& node, DeviceShards shards,
                                     const DeviceSettings& settings)
    : stream_(settings.stream),
      shards_(std::move(shards)),
      full_buckets_(shards_.plan()),
      control_(node, {0, 0, shards_.buckets()}, settings.host_memory),
      own_(allocate_zeros(bytes_of(control_.rank()))),
      exceptions_(std::uncaught_exceptions()) {
  open_others(node, share_mine());
}

// Frees nothing that another rank has open; unless the run ends by an error, when nobody can wait.
CudaArenaExchange::~CudaArenaExchange() {
  const bool all_is_well = std::uncaught_exceptions() == exceptions_;
  try {
    if (all_is_well) {
      finish_all_work();
      control_.barrier();
    }
    peers_.clear();
    if (all_is_well) control_.barrier();
  } catch (const Error& error) {
    log_warning(error.what());
  }
}

CudaArenaExchange::Peer CudaArenaExchange::share_mine() {
  Peer peer{nullptr, own_.get(), {}, DeviceEvent::shared(), DeviceEvent::shared()};
  for (std::size_t bucket = 0; bucket < shards_.buckets(); ++bucket) {
    peer.full.push_back(DeviceEvent::shared());
  }
  return peer;
}

void CudaArenaExchange::open_others(Communicator& node, Peer own) {
  std::vector<IpcHandle> handles;
  if (node.size() > 1) {  // CUDA may not know such handles where one rank needs none.
    handles = {handle_of(own_), own.gathering.handle(), own.over.handle()};
    for (const DeviceEvent& event : own.full) handles.push_back(event.handle());
  }
  const std::size_t each = handles.size();
  const auto all = all_handles(node, handles);
  for (int rank = 0; rank < node.size(); ++rank) {
    if (rank == node.rank()) {
      peers_.push_back(std::move(own));
      continue;
    }
    const IpcHandle* theirs = all.data() + static_cast<std::size_t>(rank) * each;
    PeerMemory memory = open_memory(theirs[0]);
    std::byte* const begin = memory.get();
    Peer peer{std::move(memory), begin, {}, DeviceEvent(theirs[1]), DeviceEvent(theirs[2])};
    for (std::size_t i = 3; i < each; ++i) peer.full.emplace_back(theirs[i]);
    peers_.push_back(std::move(peer));
  }
  sources_.resize(peers_.size());
}

std::size_t CudaArenaExchange::gather_offset() const {
  return shards_.padded_elements() * sizeof(float);
}

std::size_t CudaArenaExchange::bytes_of(int rank) const {
  constexpr std::size_t kPlace = 256;  // Keeps what follows aligned.
  static_assert(kMostGathered * sizeof(float) <= kPlace);
  const std::size_t buffer = gather_offset();
  return buffer + kPlace + (rank == 0 ? buffer : 0);
}

float* CudaArenaExchange::parameters() {
  return floats(peers_[0].memory + bytes_of(1));  // Behind all that the others have, too.
}

void CudaArenaExchange::begin_step(DeviceShardOwner& owner) {
  owner_ = &owner;
  taken_ = 0;
  ++step_;
  full_buckets_.begin_step();
}

void CudaArenaExchange::parameter_ready(std::size_t parameter, DeviceStream compute) {
  count_full(full_buckets_.add(parameter), compute);
  while (taken_ < full_buckets_.count() && everyone_full(taken_)) take(taken_++);
}

void CudaArenaExchange::finish_step(DeviceStream compute) {
  count_full(full_buckets_.add_rest(), compute);
  for (; taken_ < shards_.buckets(); ++taken_) {
    for (int peer = 0; peer < control_.ranks(); ++peer) {
      control_.waiter().wait(control_.counter(peer, taken_), step_);
    }
    take(taken_);
  }
}

void CudaArenaExchange::count_full(const std::vector<std::size_t>& buckets, DeviceStream compute) {
  for (const std::size_t bucket : buckets) {
    mine().full[bucket].record(compute);
    control_.counter(rank(), bucket).raise_to(step_);
  }
}

bool CudaArenaExchange::everyone_full(std::size_t bucket) const {
  for (int peer = 0; peer < control_.ranks(); ++peer) {
    if (!control_.counter(peer, bucket).reached(step_)) return false;
  }
  return true;
}

void CudaArenaExchange::take(std::size_t bucket) {
  const DeviceShard shard = shards_.of(bucket, rank());
  for (std::size_t peer = 0; peer < peers_.size(); ++peer) {
    peers_[peer].full[bucket].wait_in(stream_);
    sources_[peer] = floats(peers_[peer].memory) + shard.offset;
  }
  owner_->update({shard, sources_, parameters() + shard.offset});
}

void CudaArenaExchange::gather(const float* values, float* all, std::size_t count) {
  const std::size_t bytes = count * sizeof(float);
  copy_async(mine().memory + gather_offset(), values, bytes, stream_);
  mine().gathering.record(stream_);
  control_.barrier();
  for (std::size_t peer = 0; peer < peers_.size(); ++peer) {
    peers_[peer].gathering.wait_in(stream_);
    copy_async(all + peer * count, peers_[peer].memory + gather_offset(), bytes, stream_);
  }
}

void CudaArenaExchange::publish() {
  mine().over.record(stream_);
  control_.barrier();
  awaited_ = false;
}

void CudaArenaExchange::wait_for_parameter(std::size_t, DeviceStream compute) {
  wait_for_parameters(compute);  // They are written in place: there is nothing to gather.
}

void CudaArenaExchange::wait_for_parameters(DeviceStream compute) {
  if (awaited_) return;
  awaited_ = true;
  for (const Peer& peer : peers_) peer.over.wait_in(compute);
}

std::string CudaArenaExchange::description() const {
  if (control_.ranks() == 1) return "one rank with a GPU";
  return fmt::format("{} ranks share a GPU and its memory", control_.ranks());
}

}  // namespace greentrain
