#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "trainer/data/counter_random.h"

namespace greentrain {

/// Puts the values into random order (Fisher and Yates, in Durstenfeld's form). Not std::shuffle,
/// whose result differs between standard libraries.
void shuffle(std::span<std::int64_t> values, CounterRandom random);

/// The order in which an epoch (counted from 0) visits these samples: a function of its arguments
/// alone, the same on every machine and for any number of ranks. O(n).
std::vector<std::int64_t> epoch_order(std::span<const std::int64_t> indices, std::uint64_t seed,
                                      std::int64_t epoch);

/// The contiguous piece of a batch that a rank works on. Pieces follow each other by rank, cover
/// the batch, and differ by one sample at most; with fewer samples than ranks some are empty.
std::span<const std::int64_t> rank_slice(std::span<const std::int64_t> batch, int rank, int ranks);

/// The pieces of every batch that a rank works on, one after the other: [first, first + count) of
/// `total`. Usually one piece for each rank; several when results shall not depend on the ranks.
struct Shares {
  int first;
  int count;
  int total;
};

}  // namespace greentrain
