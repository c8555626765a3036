#include "trainer/data/order.h"

#include <utility>

namespace greentrain {

void shuffle(std::span<std::int64_t> values, CounterRandom random) {
  for (std::size_t left = values.size(); left > 1; --left) {
    std::swap(values[left - 1], values[random.below(left)]);
  }
}

std::vector<std::int64_t> epoch_order(std::span<const std::int64_t> indices, std::uint64_t seed,
                                      std::int64_t epoch) {
  std::vector<std::int64_t> order(indices.begin(), indices.end());
  shuffle(order, CounterRandom(seed, RandomPurpose::Order, static_cast<std::uint64_t>(epoch)));
  return order;
}

std::span<const std::int64_t> rank_slice(std::span<const std::int64_t> batch, int rank, int ranks) {
  const auto r = static_cast<std::size_t>(rank);
  const auto n = static_cast<std::size_t>(ranks);
  const std::size_t begin = batch.size() * r / n;
  const std::size_t end = batch.size() * (r + 1) / n;
  return batch.subspan(begin, end - begin);
}

}  // namespace greentrain
