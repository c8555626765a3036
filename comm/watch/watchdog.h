#pragma once

#include <chrono>
#include <functional>
#include <poll.h>
#include <string>
#include <thread>
#include <vector>

#include "comm/watch/diagnosis.h"
#include "comm/watch/flight_record.h"
#include "comm/watch/heartbeat.h"
#include "core/error.h"

namespace greentrain {

/// Watches the ranks of this rank's node from a thread that sleeps in poll(): it wakes when the
/// process of one ends, and some times within the limit to see whether one is silent. Then one rank
/// of the node says so, with a table of all, and each ends itself. One per rank.
class Watchdog {
 public:
  /// What the program does for it. Called from the watchdog's thread.
  struct Hooks {
    std::function<void(const std::string& text)> say;        ///< On standard error.
    std::function<void(const FlightRecord& record)> record;  ///< Into a file; may throw Error.
    std::function<void(ExitCode code)> end_all;              ///< Does not return.
    int stop_descriptor{-1};  ///< Readable, as an eventfd, when this process is asked to end.
    std::function<void()> asked_to_stop;  ///< Then, unless a peer is lost.
  };
  /// Who is watched, and how long.
  struct Watched {
    std::vector<WatchedPhase> phases;
    std::string host;
    std::string others;
    WatchLimits limits;
  };

  /// Collective in so far as the heartbeats of all ranks of the node have to exist.
  Watchdog(Heartbeats& heartbeats, Watched watched, Hooks hooks, const Clock& clock);
  /// Tells the others that this rank has left. Does not return when a peer is lost or a diagnosis
  /// is under way: then what this rank ends for is a consequence, and the watchdog ends it.
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

 private:
  /// What woke the thread.
  struct Wake {
    bool leave{false};
    bool stop{false};
  };

  void watch();
  Wake sleep(std::chrono::milliseconds at_most);
  WatchedNode look() const;
  void speak(const Diagnosis& diagnosis, const WatchedNode& node);
  [[noreturn]] void give_up(const Diagnosis& diagnosis, const WatchedNode& node, bool silently);

  Heartbeats& heartbeats_;
  const Watched watched_;
  const Hooks hooks_;
  const Clock& clock_;
  std::vector<ProcessWatch> peers_;  ///< The other ranks of the node.
  std::vector<pollfd> events_;       ///< Leave, stop, then the peers.
  std::chrono::milliseconds period_;
  std::thread thread_;
};

}  // namespace greentrain
