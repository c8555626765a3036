#pragma once

#include <cstdint>
#include <vector>

#include "comm/arena/arena.h"
#include "comm/device/cuda_handles.h"
#include "comm/device/device_exchange.h"
#include "comm/device/full_buckets.h"

namespace greentrain {

/// Ranks that share one GPU: NodeExchange's algorithm in device memory. All use one buffer of
/// parameters and read each other's gradients, by CUDA's inter-process handles; streams wait for
/// other ranks' streams by inter-process events. Such an event must have been recorded before
/// another process waits for it, so the ranks count in host memory which ones are. Also serves one
/// rank alone.
class CudaArenaExchange final : public DeviceExchange {
 public:
  /// Collective; the ranks are on one machine and have the same current GPU. Throws Error.
  CudaArenaExchange(Communicator& node, DeviceShards shards, const DeviceSettings& settings);
  ~CudaArenaExchange();

  float* parameters() override;
  float* gradients() override { return floats(own_.get()); }
  const DeviceShards& shards() const override { return shards_; }
  int rank() const override { return control_.rank(); }

  void begin_step(DeviceShardOwner& owner) override;
  void parameter_ready(std::size_t parameter, DeviceStream compute) override;
  void finish_step(DeviceStream compute) override;
  void gather(const float* mine, float* all, std::size_t count) override;
  void publish() override;
  void wait_for_parameter(std::size_t parameter, DeviceStream compute) override;
  void wait_for_parameters(DeviceStream compute) override;

  Seconds waited() const override { return control_.waited(); }
  std::string description() const override;
  void abandon() override { control_.abandon(); }

 private:
  /// What a rank shares with the others. One's own memory is owned elsewhere.
  struct Peer {
    PeerMemory opened;  ///< Gradients, then a place for gather(), then on rank 0 parameters.
    std::byte* memory;
    std::vector<DeviceEvent> full;  ///< By bucket: its gradients are there.
    DeviceEvent gathering;          ///< What it gives to gather() is there.
    DeviceEvent over;               ///< Its shards are written, and it has read all gradients.
  };

  static float* floats(std::byte* memory) { return reinterpret_cast<float*>(memory); }
  Peer share_mine();
  void open_others(Communicator& node, Peer mine);
  void count_full(const std::vector<std::size_t>& buckets, DeviceStream compute);
  bool everyone_full(std::size_t bucket) const;
  void take(std::size_t bucket);
  std::size_t bytes_of(int rank) const;
  std::size_t gather_offset() const;  ///< In bytes.
  Peer& mine() { return peers_[static_cast<std::size_t>(rank())]; }

  DeviceStream stream_;
  DeviceShards shards_;
  FullBuckets full_buckets_;
  Arena control_;  ///< Counters by bucket: the last step in which it was full.
  DeviceMemory own_;
  std::vector<Peer> peers_;  ///< By rank, this one included.
  std::vector<const float*> sources_;
  DeviceShardOwner* owner_{nullptr};
  std::size_t taken_{0};  ///< Buckets, in this step.
  std::uint32_t step_{0};
  bool awaited_{true};
  int exceptions_;  ///< In flight when this was made.
};

}  // namespace greentrain
