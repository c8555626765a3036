#include "scheduler/run/process_host.h"

#include <csignal>
#include <unistd.h>

#include <gtest/gtest.h>

namespace greentrain {
namespace {

using namespace std::chrono_literals;

int run_to_end(ProcessHost& host) {
  if (!host.start()) return host.exit_code();
  while (host.wait_until(std::chrono::floor<std::chrono::seconds>(host.clock().date()) + 60s) !=
         RunEvent::CommandEnded) {
  }
  return host.exit_code();
}

int code_of(std::vector<std::string> command) {
  ProcessHost host(std::move(command));
  return run_to_end(host);
}

TEST(ProcessHost, gives_exit_codes_as_a_shell_does) {
  EXPECT_EQ(code_of({"true"}), 0);
  EXPECT_EQ(code_of({"sh", "-c", "exit 42"}), 42);
  EXPECT_EQ(code_of({"sh", "-c", "kill -9 $$"}), 137);
  EXPECT_EQ(code_of({"no-such-program-anywhere"}), 127);
  EXPECT_EQ(code_of({"/"}), 126);
}

TEST(ProcessHost, forwards_a_signal_to_the_whole_group) {
  ProcessHost host({"sh", "-c", "sleep 60 & wait"});
  ASSERT_TRUE(host.start());
  host.forward(RunEvent::Terminate);
  while (host.wait_until(UtcTime::max()) != RunEvent::CommandEnded) {
  }
  EXPECT_EQ(host.exit_code(), 143);
}

TEST(ProcessHost, pauses_and_resumes_the_command) {
  ProcessHost host({"sleep", "0"});
  ASSERT_TRUE(host.start());
  host.pause();
  host.resume();
  while (host.wait_until(UtcTime::max()) != RunEvent::CommandEnded) {
  }
  EXPECT_EQ(host.exit_code(), 0);
}

TEST(ProcessHost, reports_a_signal_to_itself_and_a_time_that_has_passed) {
  ProcessHost host({"true"});
  EXPECT_EQ(host.wait_until(UtcTime{}), RunEvent::Time);
  kill(getpid(), SIGINT);
  EXPECT_EQ(host.wait_until(UtcTime::max()), RunEvent::Interrupt);
}

}  // namespace
}  // namespace greentrain
