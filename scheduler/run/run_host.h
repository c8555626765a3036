#pragma once

#include "core/clock.h"
#include "scheduler/carbon/utc_time.h"

namespace greentrain {

/// What ended a wait.
enum class RunEvent { Time, Interrupt, Terminate, CommandEnded };

/// The machine that a command runs on: the command itself, signals and time. Tests give a fake.
/// Not thread-safe.
class RunHost {
 public:
  virtual ~RunHost() = default;

  virtual const Clock& clock() const = 0;

  /// Blocks until something happens, or until the date has passed `time`. May return Time early,
  /// and does within half a minute after the machine slept or its clock was set.
  virtual RunEvent wait_until(UtcTime time) = 0;

  /// Starts the command in a process group of its own. False: it could not be; see exit_code().
  virtual bool start() = 0;
  virtual void pause() = 0;                   ///< SIGSTOP to the group.
  virtual void resume() = 0;                  ///< SIGCONT to the group.
  virtual void forward(RunEvent signal) = 0;  ///< SIGINT or SIGTERM to the group.

  /// After CommandEnded, or a start that failed, as a shell gives it: the command's own, 128 + n if
  /// signal n ended it, 127 if it was not found, 126 if it could not be run.
  virtual int exit_code() const = 0;
};

}  // namespace greentrain
