#include "trainer/cli/stop_signals.h"

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace greentrain {
namespace {

// All that the signal handler may touch.
std::atomic<bool> requested{false};
std::atomic<int> last_signal{SIGTERM};
std::atomic<int> wake_up{-1};

void on_signal(int signal) {
  const int error = errno;
  requested.store(true);
  last_signal.store(signal);
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto bytes = write(wake_up.load(), &one, sizeof one);
  if (signal == SIGINT) std::signal(SIGINT, SIG_DFL);  // Ctrl-C again: does not want to wait.
  errno = error;
}

}  // namespace

void catch_stop_signals() {
  stop_descriptor();
  std::signal(SIGTERM, on_signal);
  std::signal(SIGINT, on_signal);
}

const std::atomic<bool>& stop_requested() { return requested; }

int stop_descriptor() {
  static const int descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  wake_up.store(descriptor);
  return descriptor;
}

void nap(std::chrono::milliseconds time) {
  if (requested.load()) return;
  pollfd stop{stop_descriptor(), POLLIN, 0};
  poll(&stop, 1, static_cast<int>(time.count()));
}

void end_by_stop_signal() {
  const int signal = last_signal.load();
  std::signal(signal, SIG_DFL);
  kill(getpid(), signal);
  for (;;) pause();  // Until it arrives, on whichever thread.
}

}  // namespace greentrain
