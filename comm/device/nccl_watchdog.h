#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "comm/device/nccl_communicator.h"
#include "comm/device/step_deadline.h"

namespace greentrain {

/// Looks ten times a second, on a thread of its own, whether NCCL reports an error or a step takes
/// too long. Then it aborts the communicator, so that the GPU and whoever waits for it go on, and
/// says why, once.
class NcclWatchdog {
 public:
  /// On the watchdog's thread; may end the program.
  using OnFailure = std::function<void(const std::string&)>;

  NcclWatchdog(NcclCommunicator& communicator, StepDeadline& deadline, OnFailure on_failure);
  ~NcclWatchdog();
  NcclWatchdog(const NcclWatchdog&) = delete;
  NcclWatchdog& operator=(const NcclWatchdog&) = delete;

 private:
  void watch();
  bool look();  ///< False when there is no more to watch.

  NcclCommunicator& communicator_;
  StepDeadline& deadline_;
  OnFailure on_failure_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stop_{false};
  std::thread thread_;  ///< Last: it uses the others.
};

}  // namespace greentrain
