#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "trainer/data/epoch_plan.h"
#include "trainer/data/pruning.h"

namespace greentrain {

/// Plans one epoch after the other: the same on every rank that learns the same losses. Not
/// thread-safe; the plans are.
class EpochPlanner {
 public:
  /// `training` holds indices into the data set and outlives the planner and its plans; `labels`
  /// are by index of the data set, or empty.
  EpochPlanner(std::span<const std::int64_t> training, std::span<const std::int64_t> labels,
               const PruningOptions& options, std::int64_t batch_size, std::int64_t epochs,
               std::uint64_t seed);

  std::shared_ptr<const EpochPlan> plan(std::int64_t epoch) const;
  /// Whether an epoch's plan needs the losses of the epoch before.
  bool learns() const { return info_batch_.has_value(); }
  void learn(std::span<const std::int64_t> places, std::span<const float> losses);
  /// Samples of an epoch that leaves none out.
  std::int64_t all_samples() const { return std::ssize(training_); }

 private:
  std::span<const std::int64_t> training_;
  std::int64_t batch_size_;
  std::uint64_t seed_;
  std::optional<InfoBatch> info_batch_;
  std::optional<RandomSubsets> subsets_;
};

}  // namespace greentrain
