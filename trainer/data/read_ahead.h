#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "core/units.h"

namespace greentrain {

/// Items numbered from 0, filled ahead of their use by threads into a ring of `depth` items that
/// are used again and again. What an item holds depends on its number alone, never on threads or
/// timing. With 0 threads, next() fills the item itself.
///
/// One thread uses it; `fill` is called by any of its own, each time with another item. Destroying
/// it waits for the fills that are at work, and for nothing else.
template <class Item>
class ReadAhead {
 public:
  using Fill = std::function<void(std::int64_t number, Item& into)>;

  ReadAhead(int threads, std::int64_t depth, Fill fill)
      : fill_(std::move(fill)), slots_(static_cast<std::size_t>(std::max<std::int64_t>(depth, 2))) {
    for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
  }
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;
  ~ReadAhead() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    may_fill_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  /// Items up to this number, exclusive, may be filled. Never less than before.
  void extend(std::int64_t end) {
    {
      const std::lock_guard lock(mutex_);
      end_ = end;
    }
    may_fill_.notify_all();
  }

  /// The next item, below the end; valid until the next call. Throws what its fill threw, at the
  /// same item as without threads.
  Item& next() {
    Slot& slot = slot_of(next_);
    const auto begin = std::chrono::steady_clock::now();
    if (threads_.empty()) {
      fill_(next_++, slot.item);
      waited_ += std::chrono::steady_clock::now() - begin;
      return slot.item;
    }
    std::unique_lock lock(mutex_);
    oldest_in_use_ = next_;
    if (idle_threads_ > 0 && free_slots() >= std::ssize(slots_) / 2) may_fill_.notify_all();
    if (slot.filled != next_) {
      waiting_for_ = next_;
      filled_.wait(lock, [&] { return slot.filled == next_; });
      waiting_for_ = -1;
      waited_ += std::chrono::steady_clock::now() - begin;
    }
    ++next_;
    if (slot.error) std::rethrow_exception(slot.error);
    return slot.item;
  }

  /// How long next() had nothing to return so far.
  Seconds waited() const { return waited_; }

 private:
  struct Slot {
    Item item{};
    std::int64_t filled{-1};  ///< The number it holds.
    std::exception_ptr error;
  };

  Slot& slot_of(std::int64_t number) {
    return slots_[static_cast<std::size_t>(number % std::ssize(slots_))];
  }
  std::int64_t free_slots() const { return oldest_in_use_ + std::ssize(slots_) - claimed_; }

  void work() {
    std::unique_lock lock(mutex_);
    while (true) {
      ++idle_threads_;
      may_fill_.wait(lock, [&] { return stopping_ || (claimed_ < end_ && free_slots() > 0); });
      --idle_threads_;
      if (stopping_) return;
      const std::int64_t number = claimed_++;
      Slot& slot = slot_of(number);
      lock.unlock();
      std::exception_ptr error;
      try {
        fill_(number, slot.item);
      } catch (...) {
        error = std::current_exception();
      }
      lock.lock();
      slot.error = error;
      slot.filled = number;
      if (waiting_for_ == number) filled_.notify_one();
    }
  }

  Fill fill_;
  std::vector<Slot> slots_;
  std::mutex mutex_;  ///< Of all below but next_ and waited_, which only the user's thread touches.
  std::condition_variable may_fill_;
  std::condition_variable filled_;
  std::int64_t end_{0};
  std::int64_t claimed_{0};        ///< Numbers below it are filled or being filled.
  std::int64_t oldest_in_use_{0};  ///< Slots of numbers below it are free.
  std::int64_t waiting_for_{-1};
  int idle_threads_{0};
  bool stopping_{false};
  std::int64_t next_{0};
  Seconds waited_{0};
  std::vector<std::thread> threads_;
};

}  // namespace greentrain
