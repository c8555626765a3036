#include "comm/watch/watchdog.h"

#include <atomic>
#include <sys/eventfd.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "comm/thread_communicator.h"
#include "comm/watch/heart.h"
#include "core/clock.h"

namespace greentrain {
namespace {

using namespace std::chrono_literals;

// Ranks are threads here.
const SharedMemory::Source kOneProcess{.one_process = true};
const Watchdog::Watched kWatched{{{"forward"}, {"exchange", true}}, "node7", "", {1h, 1h}};

// How a run that is given up ends is tested from outside, by tests/cli/failure_test.py.
TEST(Watchdog, says_nothing_of_ranks_that_work_and_leave) {
  std::atomic<int> words{0};
  run_ranks(3, [&](Communicator& node) {
    const SystemClock clock;
    Heartbeats heartbeats(node, node.rank(), kOneProcess);
    {
      Heart heart(heartbeats, clock);
      const Watchdog watchdog(
          heartbeats, kWatched,
          {[&](const std::string&) { ++words; }, [&](const FlightRecord&) { ++words; },
           [&](ExitCode) { ++words; }, -1, [&] { ++words; }},
          clock);
      for (int step = 0; step < 100; ++step) heart.enter(static_cast<std::uint8_t>(step % 2));
    }
    EXPECT_TRUE(heartbeats.pulse(heartbeats.own_index()).left);
    node.barrier();
  });
  EXPECT_EQ(words, 0);
}

TEST(Watchdog, passes_each_request_to_stop_on) {
  run_ranks(1, [](Communicator& node) {
    const SystemClock clock;
    Heartbeats heartbeats(node, 0, kOneProcess);
    const int asked = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    const int answered = eventfd(0, EFD_CLOEXEC);
    const Watchdog watchdog(heartbeats, kWatched,
                            {[](const std::string&) {}, [](const FlightRecord&) {}, [](ExitCode) {},
                             asked, [&] { eventfd_write(answered, 1); }},
                            clock);
    for (int time = 0; time < 3; ++time) {
      ASSERT_EQ(eventfd_write(asked, 1), 0);
      eventfd_t count = 0;
      ASSERT_EQ(eventfd_read(answered, &count), 0);  // Blocks until the watchdog has answered.
      EXPECT_EQ(count, 1u);
    }
    close(asked);
  });
}

}  // namespace
}  // namespace greentrain
