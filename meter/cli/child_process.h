#pragma once

#include <csignal>
#include <string>
#include <sys/types.h>
#include <vector>

#include "core/units.h"

namespace greentrain {

/// How a command ended, and what CPU time it and its descendants took.
struct CommandEnd {
  int exit_code{0};         ///< As a shell says it: its own, or 128 + n for signal n.
  bool started{false};      ///< False: 127 not found, 126 not executable, or a signal came before.
  std::string problem;      ///< Why it did not start.
  Seconds cpu_time{0};      ///< User and system, of all descendants that have ended.
  bool left_behind{false};  ///< Descendants still ran when the command had ended.
};

/// Blocks the signals that a command is to get instead of the meter, and ignores the one that ends
/// whoever writes past a limit of file sizes: a meter that cannot write goes on. Made before any
/// other thread, which inherits it; undone at the end.
class BlockedSignals {
 public:
  BlockedSignals();
  ~BlockedSignals();
  BlockedSignals(const BlockedSignals&) = delete;
  BlockedSignals& operator=(const BlockedSignals&) = delete;

  const sigset_t& blocked() const { return blocked_; }
  const sigset_t& before() const { return before_; }
  const sigset_t& defaults() const { return defaults_; }  ///< Ignored now, and not before.
  void undo() const;

 private:
  sigset_t blocked_;
  sigset_t before_;
  sigset_t defaults_;
};

/// SIGINT, SIGQUIT, SIGTERM and SIGHUP, but those that whoever started this process had ignored, as
/// nohup does.
std::vector<int> ending_signals();

/// Runs a command with the streams, terminal and environment of this process, and waits for it.
/// Signals to this process are passed on; Ctrl-C reaches both from the terminal and is left to the
/// command. After an ending signal that came before, nothing is started.
CommandEnd run_command(const std::vector<std::string>& command, const BlockedSignals& signals);

}  // namespace greentrain
