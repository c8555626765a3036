#include "trainer/data/permutation.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace greentrain {

Permutation::Permutation(std::int64_t size, CounterRandom key) : size_(size) {
  const auto largest = static_cast<std::uint64_t>(std::max<std::int64_t>(size - 1, 1));
  const auto bits = static_cast<int>(std::bit_width(largest));
  half_bits_ = (bits + 1) / 2;
  std::ranges::generate(keys_, [&] { return key.next(); });
}

std::int64_t Permutation::at(std::int64_t place) const {
  const std::uint64_t mask = (std::uint64_t{1} << half_bits_) - 1;
  auto number = static_cast<std::uint64_t>(place);
  do {
    std::uint64_t left = number >> half_bits_;
    std::uint64_t right = number & mask;
    for (const std::uint64_t key : keys_) {
      left ^= CounterRandom(key ^ right).next() & mask;
      std::swap(left, right);
    }
    number = left << half_bits_ | right;
  } while (number >= static_cast<std::uint64_t>(size_));
  return static_cast<std::int64_t>(number);
}

}  // namespace greentrain
