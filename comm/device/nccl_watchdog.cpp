#include "comm/device/nccl_watchdog.h"

#include <chrono>
#include <utility>

#include "core/error.h"

namespace greentrain {
namespace {

constexpr std::chrono::milliseconds kPeriod{100};

}  // namespace

NcclWatchdog::NcclWatchdog(NcclCommunicator& communicator, StepDeadline& deadline,
                           OnFailure on_failure)
    : communicator_(communicator),
      deadline_(deadline),
      on_failure_(std::move(on_failure)),
      thread_([this] { watch(); }) {}

NcclWatchdog::~NcclWatchdog() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void NcclWatchdog::watch() {
  std::unique_lock lock(mutex_);
  while (!stop_) {
    lock.unlock();
    const bool go_on = look();
    lock.lock();
    if (!go_on) return;
    changed_.wait_for(lock, kPeriod, [&] { return stop_; });
  }
}

bool NcclWatchdog::look() {
  std::string problem;
  try {
    if (const auto failure = communicator_.failure()) {
      problem = *failure;
    } else if (const auto overdue = deadline_.overdue()) {
      problem = *overdue;
    } else {
      return true;
    }
  } catch (const Error& error) {  // The GPU itself failed.
    problem = error.what();
  }
  communicator_.abort();
  on_failure_(problem);
  return false;
}

}  // namespace greentrain
