#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "comm/arena/shared_memory.h"
#include "comm/communicator.h"
#include "comm/watch/process.h"
#include "core/clock.h"

namespace greentrain {

/// What a rank waits in. None: it computes.
enum class Operation : std::uint8_t {
  None,
  AllReduce,
  ReduceScatter,
  AllGather,
  AllToAll,
  Broadcast,
  Barrier,
  Record,
  Bucket
};
std::string to_string(Operation operation);  ///< "all_reduce", ...

/// What a rank does from an instant on.
struct Beat {
  Clock::Instant time;
  std::int64_t step{0};   ///< Steps done.
  std::uint8_t phase{0};  ///< A number that the program gives meaning to.
  Operation operation{Operation::None};
  std::uint16_t bucket{0};  ///< Of Operation::Bucket.
  std::uint32_t number{0};  ///< Collectives begun so far.
};

/// What one rank of the node lets the others know.
struct Pulse {
  int rank{0};  ///< Of all ranks, not of the node.
  ProcessId process;
  bool left{false};  ///< It ends in order, or says itself why it ends.
  Beat last;
};

/// A slot for each rank of a node, in memory of their own that all of them map: its rank writes
/// what it does, a few relaxed stores each time, and the others read. Holds the last 64 beats, also
/// those of a rank that was killed.
///
/// One per rank. beat() is for one thread, everything else for any.
class Heartbeats {
 public:
  /// Collective over the node. `rank` is the number among all ranks. Where ranks cannot share
  /// memory, each sees itself alone, and problem() says why.
  Heartbeats(Communicator& node, int rank, const SharedMemory::Source& source = {});

  void beat(const Beat& beat);
  void leave();  ///< Nobody shall wonder where this rank is. May be called in a signal handler.

  std::size_t size() const { return size_; }      ///< Ranks that can be seen.
  std::size_t own_index() const { return own_; }  ///< This rank's among them.
  Pulse pulse(std::size_t index) const;
  std::vector<Beat> history(std::size_t index) const;  ///< Oldest first, at most 64.
  const std::optional<std::string>& problem() const { return problem_; }

  /// True for the first rank of the node that asks: it alone says what is wrong.
  bool claim_to_speak();

 private:
  static constexpr std::size_t kHistory = 64;
  struct Event {
    std::atomic<std::int64_t> time;
    std::atomic<std::int64_t> step;
    std::atomic<std::uint64_t> what;  ///< Number, phase, operation, bucket.
  };
  struct alignas(64) Slot {
    std::atomic<std::uint64_t> beats;
    std::atomic<std::uint64_t> start_time;
    std::atomic<std::int32_t> pid;
    std::atomic<std::int32_t> rank;
    std::atomic<std::int32_t> left;
    std::array<Event, kHistory> events;
  };
  struct alignas(64) Board {
    std::atomic<std::int32_t> speaker;  ///< 1 + index of the rank that speaks; 0: nobody.
  };

  Board& board() const;
  Slot& slot(std::size_t index) const;
  static Beat read(const Event& event);

  std::size_t size_;
  std::size_t own_;
  std::optional<std::string> problem_;
  std::optional<SharedMemory> shared_;
  struct Private {
    Board board{};
    Slot slot{};
  };
  std::unique_ptr<Private> private_;  ///< Instead of shared memory.
};

}  // namespace greentrain
