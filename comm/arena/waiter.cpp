#include "comm/arena/waiter.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <climits>

#include "core/error.h"

namespace greentrain {
namespace {

using Steady = std::chrono::steady_clock;
constexpr auto kSpin = std::chrono::microseconds(20);
// A sleeper looks up this often to see whether its group is broken.
constexpr timespec kLookUp{0, 50'000'000};

void relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

}  // namespace

void SharedCounter::raise_to(std::uint32_t target) {
  value.store(target, std::memory_order_seq_cst);
  // seq_cst on both sides: either this sees the sleeper, or the sleeper sees the new value.
  if (sleepers.load(std::memory_order_seq_cst) > 0) {
    syscall(SYS_futex, &value, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
  }
}

void Waiter::wait(SharedCounter& counter, std::uint32_t target) {
  if (counter.reached(target)) return;
  const auto begin = Steady::now();
  while (!counter.reached(target)) {
    for (int i = 0; i < 32 && !counter.reached(target); ++i) relax();
    if (Steady::now() - begin > kSpin) sleep_until(counter, target);
  }
  waited_ += Steady::now() - begin;
}

void Waiter::sleep_until(SharedCounter& counter, std::uint32_t target) {
  counter.sleepers.fetch_add(1, std::memory_order_seq_cst);
  while (!counter.reached(target)) {
    if (gone_.load(std::memory_order_relaxed) != 0) {
      counter.sleepers.fetch_sub(1);
      throw Error("Another rank of this node has left; this rank was waiting for its data.");
    }
    const std::uint32_t seen = counter.value.load(std::memory_order_seq_cst);
    if (counter.reached(target)) break;
    syscall(SYS_futex, &counter.value, FUTEX_WAIT, seen, &kLookUp, nullptr, 0);
  }
  counter.sleepers.fetch_sub(1, std::memory_order_seq_cst);
}

}  // namespace greentrain
