#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "comm/device/cuda_handles.h"
#include "comm/device/device_exchange.h"
#include "comm/device/full_buckets.h"
#include "comm/device/nccl_communicator.h"
#include "comm/device/nccl_watchdog.h"

namespace greentrain {

/// One GPU per rank, NCCL between them. While backward runs, every full bucket is reduce-scattered
/// in the exchange's stream, in the plan's order, and its shard handed to the owner; publish()
/// gathers the parameters, the first ones first, with an event per bucket. A watchdog aborts NCCL
/// when a rank is lost.
class NcclExchange final : public DeviceExchange {
 public:
  /// Collective. Throws SharedError when some rank cannot join.
  NcclExchange(Communicator& world, DeviceShards shards, const DeviceSettings& settings);

  float* parameters() override { return reinterpret_cast<float*>(parameters_.get()); }
  float* gradients() override { return reinterpret_cast<float*>(gradients_.get()); }
  const DeviceShards& shards() const override { return shards_; }
  int rank() const override { return communicator_.rank(); }

  void begin_step(DeviceShardOwner& owner) override;
  void parameter_ready(std::size_t parameter, DeviceStream compute) override;
  void finish_step(DeviceStream compute) override;
  void gather(const float* mine, float* all, std::size_t count) override;
  void publish() override;
  void wait_for_parameter(std::size_t parameter, DeviceStream compute) override;
  void wait_for_parameters(DeviceStream compute) override;

  Seconds waited() const override { return Seconds{0}; }  // The CPU waits for nobody.
  std::string description() const override;
  void abandon() override { communicator_.abort(); }

 private:
  void start_full_buckets();
  void wait_for(std::size_t bucket, DeviceStream compute);

  DeviceStream stream_;
  DeviceShards shards_;
  FullBuckets full_buckets_;
  DeviceMemory parameters_;
  DeviceMemory gradients_;
  std::vector<DeviceEvent> full_;      ///< By bucket: its gradients are there.
  std::vector<DeviceEvent> gathered_;  ///< By bucket: its parameters are there.
  std::vector<bool> awaited_;          ///< By bucket, since the last publish().
  std::array<DeviceEvent, StepDeadline::kSlots> over_;
  DeviceShardOwner* owner_{nullptr};
  std::size_t started_{0};  ///< Buckets, in this step.
  std::uint64_t step_{0};
  StepDeadline deadline_;
  NcclCommunicator communicator_;
  NcclWatchdog watchdog_;  ///< Last: it uses the others.
};

}  // namespace greentrain
