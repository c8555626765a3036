#pragma once

#include <atomic>
#include <chrono>

namespace greentrain {

/// SIGINT and SIGTERM, once caught, only set a flag and wake who polls; a second SIGINT ends the
/// process at once. One per process, hence functions and not an object.
void catch_stop_signals();

const std::atomic<bool>& stop_requested();  ///< Since catch_stop_signals().
int stop_descriptor();                      ///< An eventfd, readable after a signal.

/// Sleeps for so long, or until a signal has come.
void nap(std::chrono::milliseconds time);

/// Ends this process by the signal that was caught, as if it had not been.
[[noreturn]] void end_by_stop_signal();

}  // namespace greentrain
