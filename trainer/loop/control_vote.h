#pragma once

#include <cstdint>

#include "comm/communicator.h"
#include "core/units.h"

namespace greentrain {

/// What the ranks agree on in every step. Each rank casts its own; all get the same sum back, so
/// no rank ever stops, pauses or skips alone. Travels as one 64-byte Record.
struct ControlVote {
  bool non_finite{false};   ///< The loss is NaN or infinite. Any rank's yes counts.
  bool stop{false};         ///< Asked to stop by a signal. Any rank's yes counts.
  bool checkpoint{false};   ///< Any rank's yes counts.
  bool pause{false};        ///< Any rank's yes counts.
  bool plan_stop{false};    ///< The plan ends the run. Any rank's yes counts.
  double loss_sum{0};       ///< Sum over samples; added up.
  std::int64_t samples{0};  ///< Added up.
  Joules joules;            ///< Energy so far of the node this rank meters, else 0; added up.
  Watts power;              ///< Present power of the node this rank meters, else 0; added up.

  double mean_loss() const { return loss_sum / static_cast<double>(samples); }
};

Record to_record(const ControlVote& vote);
ControlVote to_vote(const Record& record);
/// Adds `next` to `into`; both are votes. For Communicator::reduce_record().
void combine_votes(Record& into, const Record& next);

}  // namespace greentrain
