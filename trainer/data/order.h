#pragma once

#include <cstdint>
#include <span>

#include "trainer/data/counter_random.h"

namespace greentrain {

/// Puts the values into random order (Fisher and Yates, in Durstenfeld's form). Not std::shuffle,
/// whose result differs between standard libraries.
void shuffle(std::span<std::int64_t> values, CounterRandom random);

/// The places [begin, end) of a batch.
struct PlaceRange {
  std::int64_t begin;
  std::int64_t end;
};

/// The contiguous piece that a rank works on, of a batch of `count` samples. Pieces follow each
/// other by rank, cover the batch, and differ by one sample at most; with fewer samples than ranks
/// some are empty.
PlaceRange rank_range(std::int64_t count, int rank, int ranks);

/// The same piece of the batch itself.
std::span<const std::int64_t> rank_slice(std::span<const std::int64_t> batch, int rank, int ranks);

/// The pieces of every batch that a rank works on, one after the other: [first, first + count) of
/// `total`. Usually one piece for each rank; several when results shall not depend on the ranks.
struct Shares {
  int first;
  int count;
  int total;
};

}  // namespace greentrain
