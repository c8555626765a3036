#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>

#include "comm/comm_options.h"
#include "comm/watch/heart.h"
#include "comm/watch/watchdog.h"
#include "comm/world.h"
#include "core/clock.h"
#include "meter/phase_timer.h"

namespace greentrain {

/// Connects one rank of a run to the watchdog of comm: phases and steps become heartbeats, and what
/// the watchdog finds becomes a text on standard error, a file in the run directory and the end of
/// all ranks. Also says what SIGINT and SIGTERM do. A run of one rank has no watchdog.
class RunWatch {
 public:
  /// Collective. Everything is borrowed. Until training_begins() a signal ends the rank at once:
  /// there is nothing to save yet.
  RunWatch(World& world, Communicator& node, const CommOptions& options, PhaseTimer& phases,
           const Clock& clock);
  ~RunWatch();

  Heart* heart() { return heart_ ? &*heart_ : nullptr; }
  void record_in(const std::filesystem::path& directory);
  void training_begins();  ///< From now on a signal is a wish to stop after the step.

 private:
  void record(const FlightRecord& record);
  void asked_to_stop();
  Watchdog::Hooks hooks(World& world);

  PhaseTimer& phases_;
  std::optional<Heartbeats> heartbeats_;
  std::optional<Heart> heart_;
  std::atomic<bool> training_{false};
  std::mutex mutex_;
  std::filesystem::path directory_;  ///< Guarded by mutex_.
  std::optional<Watchdog> watchdog_;
};

}  // namespace greentrain
