#include "trainer/data/order.h"

#include <utility>

namespace greentrain {

void shuffle(std::span<std::int64_t> values, CounterRandom random) {
  for (std::size_t left = values.size(); left > 1; --left) {
    std::swap(values[left - 1], values[random.below(left)]);
  }
}

PlaceRange rank_range(std::int64_t count, int rank, int ranks) {
  return {count * rank / ranks, count * (rank + 1) / ranks};
}

std::span<const std::int64_t> rank_slice(std::span<const std::int64_t> batch, int rank, int ranks) {
  const PlaceRange range = rank_range(std::ssize(batch), rank, ranks);
  return batch.subspan(static_cast<std::size_t>(range.begin),
                       static_cast<std::size_t>(range.end - range.begin));
}

}  // namespace greentrain
