#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "comm/device/device_exchange.h"

namespace greentrain::fake_gpu {

/// The CUDA runtime and NCCL for tests, in host memory, with ranks as threads of one process. Every
/// stream is a thread that does its work in order, at a pace of its own, so that a missing event is
/// a race that tests and the thread sanitizer see. Linked in place of NVIDIA's libraries.

/// Forgets all faults and counts. No stream or communicator may exist.
void reset();

DeviceStream make_stream();
void destroy_stream(DeviceStream stream);  ///< After its work.
void synchronize(DeviceStream stream);
/// Runs host code in a stream.
void enqueue(DeviceStream stream, std::function<void()> work);

/// The GPUs that every process sees from now on, by a byte of their UUIDs.
void set_gpus(std::vector<std::uint8_t> uuids);

struct NcclFaults {
  int loaded_version{0};     ///< 0: that of the header.
  int polls_until_ready{3};  ///< ncclInProgress so often after each call.
  bool never_ready{false};   ///< A rank is missing.
  int failed_rank{-1};       ///< It cannot join.
  bool peers_vanish{false};  ///< Collectives never end, as when a rank was killed.
};
void set_nccl_faults(NcclFaults faults);
/// From now on every communicator reports an error of the network.
void break_network();

int overlapping_nccl_calls();  ///< On one communicator, so far.
int aborted_communicators();
int living_communicators();  ///< Neither destroyed nor aborted.

}  // namespace greentrain::fake_gpu
