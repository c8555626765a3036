#include "trainer/optim/decay_ranges.h"

namespace greentrain {

DecayRanges::DecayRanges(DecayOn on, const FlatParameters& parameters) {
  if (on == DecayOn::All) return;
  for (const ParameterSlice& slice : parameters.parameters()) {
    const bool decays = slice.tensor.dim() >= 2;
    const bool before = changes_.size() % 2 == 0;
    if (decays != before) changes_.push_back(static_cast<std::size_t>(slice.offset));
  }
}

}  // namespace greentrain
