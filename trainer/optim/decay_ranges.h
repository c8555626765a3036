#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "trainer/optim/flat_parameters.h"
#include "trainer/optim/optim_options.h"

namespace greentrain {

/// Which elements of the flat buffer weight decay acts on. Immutable.
class DecayRanges {
 public:
  DecayRanges() = default;  ///< On all.
  DecayRanges(DecayOn on, const FlatParameters& parameters);

  /// Calls visit(begin, size, decays) for the pieces of [begin, begin + size) in order, cut where
  /// `decays` changes.
  template <class Visit>
  void cut(std::size_t begin, std::size_t size, Visit visit) const {
    const std::size_t end = begin + size;
    auto next = std::ranges::upper_bound(changes_, begin);
    bool decays = (next - changes_.begin()) % 2 == 0;
    for (; next != changes_.end() && *next < end; ++next, decays = !decays) {
      visit(begin, *next - begin, decays);
      begin = *next;
    }
    if (begin < end) visit(begin, end - begin, decays);
  }

 private:
  std::vector<std::size_t> changes_;  ///< Elements before the first one decay, then in turn.
};

}  // namespace greentrain
