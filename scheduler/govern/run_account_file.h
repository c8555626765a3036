#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "scheduler/carbon/vintage_store.h"
#include "scheduler/govern/plan_outcome.h"

namespace greentrain {

/// What a run directory keeps so that its carbon can be counted again once the feed's values have
/// settled: metered energy by time, and every count so far, the first one first.
struct RunAccountFile {
  struct Entry {
    UtcTime at;
    RunCarbon carbon;
  };
  CarbonSignal signal;
  std::string store;             ///< Where the vintages were kept; empty: the user's.
  std::optional<Grams> planned;  ///< By the first plan.
  std::vector<EnergyPiece> pieces;
  std::vector<PublishedValue> expected;  ///< For slots that nobody has published yet.
  std::vector<Entry> counts;

  std::string to_json() const;
  /// Throws UsageError that names `file` and the field that is missing or wrong.
  static RunAccountFile from_json(const std::string& file, const std::string& text);
};

}  // namespace greentrain
