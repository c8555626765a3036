#include "comm/watch/process.h"

#include <csignal>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace greentrain {
namespace {

/// A child that waits for its end.
class Child {
 public:
  Child() : pid_(fork()) {
    if (pid_ == 0) {
      for (;;) pause();
    }
  }
  ~Child() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_;
};

bool readable(int descriptor, int milliseconds) {
  pollfd event{descriptor, POLLIN, 0};
  return poll(&event, 1, milliseconds) == 1;
}

TEST(Process, this_one_runs) { EXPECT_EQ(state_of(process_id(getpid())), ProcessState::Runs); }

TEST(Process, another_start_time_is_another_process) {
  ProcessId other = process_id(getpid());
  ++other.start_time;
  EXPECT_EQ(state_of(other), ProcessState::Gone);
}

TEST(Process, a_stopped_one_is_told_from_a_running_one) {
  const Child child;
  const ProcessId id = process_id(child.pid());
  EXPECT_EQ(state_of(id), ProcessState::Runs);
  kill(child.pid(), SIGSTOP);
  int status = 0;
  waitpid(child.pid(), &status, WUNTRACED);
  EXPECT_EQ(state_of(id), ProcessState::Stopped);
}

TEST(Process, the_end_of_one_wakes_who_polls_before_anybody_waited_for_it) {
  const Child child;
  const ProcessId id = process_id(child.pid());
  const ProcessWatch watch(id);
  if (watch.descriptor() < 0) GTEST_SKIP() << "this kernel has no pidfd_open()";
  EXPECT_FALSE(readable(watch.descriptor(), 0));
  kill(child.pid(), SIGKILL);
  EXPECT_TRUE(readable(watch.descriptor(), 60'000));
  EXPECT_EQ(state_of(id), ProcessState::Gone);  // A zombie.
}

TEST(Process, one_that_never_was_has_no_descriptor) {
  EXPECT_EQ(ProcessWatch({-1, 0}).descriptor(), -1);
  EXPECT_EQ(state_of({-1, 0}), ProcessState::Gone);
}

}  // namespace
}  // namespace greentrain
