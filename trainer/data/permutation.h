#pragma once

#include <array>
#include <cstdint>

#include "trainer/data/counter_random.h"

namespace greentrain {

/// A random order of the numbers 0 to size - 1 that is computed, not stored: a balanced Feistel
/// network of kRounds keyed rounds over the next power of four, walked along its cycles until it
/// falls below `size` (Black and Rogaway 2002, "Ciphers with arbitrary finite domains", section 4).
/// A function of key and size alone; immutable. O(1) memory, about 0.1 us a call. Not for secrets.
class Permutation {
 public:
  Permutation(std::int64_t size, CounterRandom key);

  std::int64_t size() const { return size_; }
  /// The number at a place of the order; 0 <= place < size. No two places hold the same number.
  std::int64_t at(std::int64_t place) const;

 private:
  static constexpr std::size_t kRounds = 8;

  std::int64_t size_;
  int half_bits_;  ///< Bits of each half that the rounds exchange.
  std::array<std::uint64_t, kRounds> keys_;
};

}  // namespace greentrain
