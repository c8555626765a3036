#pragma once

#include <string>
#include <sys/types.h>
#include <vector>

#include "scheduler/run/run_host.h"

namespace greentrain {

/// The real machine. Blocks SIGINT, SIGTERM, SIGHUP and SIGCHLD in the calling thread for as long
/// as it lives; make it before any thread is started. While the command runs in the foreground of a
/// terminal it owns the terminal, so that it can read from it.
class ProcessHost final : public RunHost {
 public:
  /// `command` holds the program and its arguments; the program is looked for in PATH.
  explicit ProcessHost(std::vector<std::string> command);
  ~ProcessHost() override;
  ProcessHost(const ProcessHost&) = delete;
  ProcessHost& operator=(const ProcessHost&) = delete;

  const Clock& clock() const override { return clock_; }
  RunEvent wait_until(UtcTime time) override;
  bool start() override;
  void pause() override;
  void resume() override;
  void forward(RunEvent signal) override;
  int exit_code() const override { return exit_code_; }

 private:
  bool collect();
  void give_terminal(pid_t group);

  std::vector<std::string> command_;
  SystemClock clock_;
  pid_t child_{0};
  int exit_code_{0};
};

}  // namespace greentrain
