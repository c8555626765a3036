#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "comm/arena/shared_memory.h"
#include "comm/arena/waiter.h"
#include "comm/communicator.h"

namespace greentrain {

/// Memory shared by the ranks of a node: one region that all of them write (the parameters) and a
/// slab for each rank (its gradients), which its owner writes and all read. Regions start at
/// multiples of 4096 bytes, slabs are first touched by their owners.
///
/// One per rank, used from one thread. The constructor and barrier() are collective.
class Arena {
 public:
  struct Sizes {
    std::size_t common_bytes{0};
    std::size_t slab_bytes{0};
    std::size_t counters{0};  ///< SharedCounters a rank raises for the others.
  };

  Arena(Communicator& node, Sizes sizes, const SharedMemory::Source& source = {});

  int rank() const { return rank_; }
  int ranks() const { return ranks_; }
  std::span<std::byte> common() const;
  std::span<std::byte> slab(int rank) const;
  /// Counter `index` of a rank; starts at 0.
  SharedCounter& counter(int rank, std::size_t index) const;
  Waiter& waiter() { return waiter_; }
  const std::string& origin() const { return memory_.origin(); }

  /// Returns when every rank has called it; what each wrote before is visible to all.
  void barrier();
  /// Shows this rank's record to the others, and goes on.
  void post_record(const Record& mine);
  /// Waits until all ranks have posted; their records, combined along the tree.
  Record collect_records(CombineRecord combine);
  /// Makes every rank that waits, now or later, throw Error. Any thread, any rank.
  void abandon();

  Seconds waited() const { return waiter_.waited(); }

 private:
  struct Control;  ///< The first pages of the memory.
  Control& control() const;
  std::byte* rank_area(int rank) const;  ///< Its counters, then its slab.
  std::size_t counter_bytes() const;     ///< Of one rank.

  int rank_;
  int ranks_;
  Sizes sizes_;
  SharedMemory memory_;
  Waiter waiter_;
  std::uint32_t barriers_{0};
  std::uint32_t records_{0};  ///< Posted so far.
};

}  // namespace greentrain
