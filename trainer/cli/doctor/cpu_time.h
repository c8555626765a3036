#pragma once

#include <ctime>

namespace greentrain {

/// Seconds that this thread has computed; those in which others had its core do not count.
inline double thread_cpu_seconds() {
  std::timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

}  // namespace greentrain
