#pragma once

#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "comm/communicator.h"
#include "comm/device/device_exchange.h"
#include "core/clock.h"
#include "core/units.h"

struct ncclComm;

namespace greentrain {

/// A non-blocking NCCL communicator over the current GPUs of some ranks. Every call into NCCL is
/// made under one lock and returns at once, so that no two threads are ever in NCCL, and abort()
/// need not wait for a rank that is lost.
///
/// Collectives are enqueued by one thread per rank, in the same order on all; abort() and failure()
/// may come from any thread.
class NcclCommunicator {
 public:
  struct Limits {
    Seconds setup{300};  ///< For all ranks to meet.
    Seconds call{60};    ///< For NCCL to take a collective; also for leaving.
  };

  /// Collective; rank 0's id goes over `world`. Throws SharedError when the NCCL of this process is
  /// older than the one it was built with, or some rank cannot join.
  NcclCommunicator(Communicator& world, const Clock& clock, Limits limits);
  NcclCommunicator(Communicator& world, const Clock& clock)
      : NcclCommunicator(world, clock, Limits()) {}
  /// Leaves together with the others where all is well, and aborts otherwise.
  ~NcclCommunicator();
  NcclCommunicator(const NcclCommunicator&) = delete;
  NcclCommunicator& operator=(const NcclCommunicator&) = delete;

  int rank() const { return rank_; }
  int size() const { return size_; }

  /// Device memory. input: size() parts of `count`; output: this rank's part, summed. It may be
  /// that part of the input.
  void reduce_scatter(const float* input, float* output, std::size_t count, DeviceStream stream);
  /// output: size() parts of `count`. input may be this rank's part of it.
  void all_gather(const float* input, float* output, std::size_t count, DeviceStream stream);

  /// What went wrong since, in the network or on another rank, if anything.
  std::optional<std::string> failure();
  /// Ends what is enqueued on this rank's GPU; every later call throws Error.
  void abort() noexcept;

  static std::string version();  ///< "2.28.9": of the library that this process has loaded.

 private:
  void join(Communicator& world);
  void submit(const char* what, const std::function<int()>& call);
  /// Waits until NCCL has taken the last call in.
  void settle(const char* what, Seconds limit);
  void leave();

  const Clock& clock_;
  Limits limits_;
  int rank_;
  int size_;
  std::mutex mutex_;
  ncclComm* comm_{nullptr};  ///< Null once aborted or left.
};

}  // namespace greentrain
