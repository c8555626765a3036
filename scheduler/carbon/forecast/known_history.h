#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "scheduler/carbon/series.h"
#include "scheduler/carbon/vintage_store.h"

namespace greentrain {

/// The observed values of one signal as they were known at some moment, on a grid of equal slots.
/// Learning value by value in the order of retrieval replays what a program saw then.
class KnownHistory {
 public:
  /// An empty grid of slots of `step` that starts at `start`, in whole days of UTC.
  KnownHistory(UtcTime start, std::chrono::seconds step);

  /// Sets the slots that the value spans; a later call replaces an earlier one. What lies before
  /// the start, or covers a slot only in part, is passed over.
  void learn(const PublishedValue& value);

  std::chrono::seconds step() const { return step_; }
  std::optional<double> at(UtcTime time) const;  ///< g/kWh of the slot that holds `time`.
  std::optional<double> mean(UtcTime from, UtcTime to) const;  ///< Of whole slots, all known.
  std::optional<UtcTime> last() const { return last_; }        ///< Start of the newest slot known.
  UtcTime start() const { return start_; }

 private:
  UtcTime start_;
  std::chrono::seconds step_;
  std::vector<std::optional<double>> values_;
  std::optional<UtcTime> last_;
};

/// The shortest step among the values; one hour if there are none.
std::chrono::seconds finest_step(const std::vector<PublishedValue>& values);

/// A grid that has learned all the values.
KnownHistory learn_all(const std::vector<PublishedValue>& values);

}  // namespace greentrain
