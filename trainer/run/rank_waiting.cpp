#include "trainer/run/rank_waiting.h"

#include <algorithm>

namespace greentrain {

std::optional<WaitingCost> waiting_cost(std::span<const RankWaiting> by_rank, Seconds total,
                                        const Energy& energy) {
  if (by_rank.size() < 2 || total <= Seconds{0}) return std::nullopt;
  WaitingCost cost;
  for (const RankWaiting& rank : by_rank) {
    cost.all.exchange += rank.exchange;
    cost.all.update += rank.update;
    cost.all.evaluation += rank.evaluation;
  }
  cost.share = cost.all.total() / (total * static_cast<double>(by_rank.size()));
  const auto slowest = std::ranges::min_element(by_rank, {}, &RankWaiting::total);
  cost.slowest_rank = slowest - by_rank.begin();
  if (energy.quality != Quality::Unmeasured) cost.hi = energy.hi * cost.share;
  return cost;
}

}  // namespace greentrain
