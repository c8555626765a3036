#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/units.h"
#include "meter/energy_report.h"

namespace greentrain {

/// How long one rank waited for others.
struct RankWaiting {
  Seconds exchange{0};    ///< For gradients, after its own backward.
  Seconds update{0};      ///< For new weights.
  Seconds evaluation{0};  ///< For the sums of an evaluation.

  Seconds total() const { return exchange + update + evaluation; }
};

/// What waiting cost all ranks together. An estimate: a rank that waits is taken to draw at most
/// what it draws on average, and at least nothing.
struct WaitingCost {
  RankWaiting all;               ///< Summed over the ranks.
  double share{0};               ///< Of the ranks' time, 0 to 1.
  std::int64_t slowest_rank{0};  ///< Who waited least: the others waited for it.
  std::optional<Joules> hi;      ///< Empty when the energy is unmeasured.
};

/// by_rank: each rank's waiting; total: how long the run took. Empty with one rank or no time.
std::optional<WaitingCost> waiting_cost(std::span<const RankWaiting> by_rank, Seconds total,
                                        const Energy& energy);

}  // namespace greentrain
