#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>

#include "core/units.h"

namespace greentrain {

/// Does work in the order in which it was given, one piece after the other, beside its owner's
/// thread. For calls that block while the owner computes.
class ProgressThread {
 public:
  using Ticket = std::uint64_t;

  ProgressThread();
  /// Work that has not begun is dropped; what has begun is waited for.
  ~ProgressThread();

  Ticket run(std::function<void()> work);
  /// Returns when that piece, and all before it, are done. Throws what the first failed piece
  /// threw; what follows a failed piece is not done.
  void wait(Ticket ticket);
  Seconds waited() const { return waited_; }  ///< In wait(), so far.

 private:
  void serve();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> queue_;
  Ticket given_{0};
  Ticket done_{0};
  std::exception_ptr error_;
  bool stop_{false};
  Seconds waited_{0};
  std::thread thread_;  ///< Last: it uses the others.
};

}  // namespace greentrain
