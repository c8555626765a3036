#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>

#include "comm/arena/shared_memory.h"
#include "comm/device/device_shards.h"
#include "comm/device/step_deadline.h"
#include "core/clock.h"
#include "core/units.h"

struct CUstream_st;

namespace greentrain {

/// A stream of a GPU (CUDA's cudaStream_t): what is enqueued in it is done in order, later.
using DeviceStream = CUstream_st*;

/// One bucket's gradients of this rank's shard, about to be there: what reads them is enqueued in
/// the exchange's stream. All pointers are to device memory.
struct ReducedShard {
  DeviceShard shard;
  /// float32 buffers of shard.elements; their sum is that of all ranks. One from NCCL; one a rank
  /// where the ranks share a GPU.
  std::span<const float* const> gradients;
  float* parameters;
};

/// Turns this rank's shards of gradients into parameters, on the GPU.
class DeviceShardOwner {
 public:
  virtual ~DeviceShardOwner() = default;
  /// Enqueues the update in the exchange's stream and returns. May be put off until after
  /// finish_step(), in which case the buffers stay as they are until publish().
  virtual void update(const ReducedShard& shard) = 0;
};

/// GradientExchange for parameters and gradients in the memory of GPUs, both float32: every rank
/// owns an equal part of each bucket, gets its sum, and updates its parameters for all (ZeRO-1).
/// Nothing waits for the GPU: calls enqueue, and streams wait for each other by events.
///
/// One per rank, one thread at a time, whose current GPU is the rank's. A step on every rank:
///   begin_step(), then parameter_ready() in any order, then finish_step(),
///   perhaps gather() and more updates, then publish(), then wait_for_parameters().
class DeviceExchange {
 public:
  virtual ~DeviceExchange() = default;

  /// shards().padded_elements() each, 256-byte aligned, zero at first. The owner of a shard writes
  /// its parameters; gradients are this rank's own.
  virtual float* parameters() = 0;
  virtual float* gradients() = 0;
  virtual const DeviceShards& shards() const = 0;
  virtual int rank() const = 0;  ///< This rank among the owners of shards().

  virtual void begin_step(DeviceShardOwner& owner) = 0;
  /// What `compute` holds so far puts the gradient of a parameter into gradients().
  virtual void parameter_ready(std::size_t parameter, DeviceStream compute) = 0;
  /// After backward, of all parameters. The owner has had all its shards when it returns.
  virtual void finish_step(DeviceStream compute) = 0;
  /// Enqueues: `count` numbers of each rank, in the order of the ranks, into all[ranks * count].
  /// Device memory; at most kMostGathered, and once a step.
  virtual void gather(const float* mine, float* all, std::size_t count) = 0;
  static constexpr std::size_t kMostGathered = 16;
  /// Enqueues the way of the updated parameters to all ranks, the first parameters first.
  virtual void publish() = 0;
  /// Makes `compute` wait until a parameter is there and gradients() may be written again: before
  /// the forward pass that reads it. Each bucket is waited for once a step.
  virtual void wait_for_parameter(std::size_t parameter, DeviceStream compute) = 0;
  virtual void wait_for_parameters(DeviceStream compute) = 0;  ///< All of them.

  virtual Seconds waited() const = 0;  ///< By the CPU for other ranks, so far.
  virtual std::string description() const = 0;
  /// A rank is lost: ends what waits for it on the GPU; every later call throws Error. Any thread.
  virtual void abandon() = 0;
};

/// What an exchange between GPUs works with.
struct DeviceSettings {
  /// The exchange's stream, which it does not own: of a high priority, not the default stream, on
  /// the thread's current GPU, which is the rank's.
  DeviceStream stream;
  const Clock& clock;
  StepLimits limits{};
  /// Told why the exchange was given up; on a thread of its own; may end the program.
  std::function<void(const std::string&)> on_failure;
  SharedMemory::Source host_memory{};
};

}  // namespace greentrain
