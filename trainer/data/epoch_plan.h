#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "trainer/data/permutation.h"

namespace greentrain {

/// The part of the training samples that an epoch visits when it leaves some out.
struct KeptSamples {
  std::vector<std::int64_t> places;  ///< In the training part, ascending.
  std::vector<float> weights;        ///< Of their losses; empty: all 1.
};

/// One sample of an epoch.
struct PlannedSample {
  std::int64_t place;  ///< In the training part.
  std::int64_t index;  ///< In the data set.
  float weight;        ///< Of its loss.
};

/// What one epoch visits, in which order and in which batches: a function of its arguments alone,
/// for any number of ranks. Immutable, so threads may share it. Takes no memory of its own when the
/// epoch visits all samples.
class EpochPlan {
 public:
  /// `training` outlives the plan. Without `kept`, every sample is visited once. `epoch` counts
  /// from 0.
  EpochPlan(std::span<const std::int64_t> training, std::optional<KeptSamples> kept,
            std::int64_t batch_size, std::uint64_t seed, std::int64_t epoch);

  std::int64_t epoch() const { return epoch_; }
  std::int64_t samples() const { return order_.size(); }
  std::int64_t steps() const { return (samples() + batch_size_ - 1) / batch_size_; }
  /// Samples of a step's global batch; steps count from 0 within the epoch. Only the last batch may
  /// be smaller than the others.
  std::int64_t batch(std::int64_t step) const;
  /// One sample of a step's global batch.
  PlannedSample sample(std::int64_t step, std::int64_t in_batch) const;
  bool has_weights() const { return kept_ && !kept_->weights.empty(); }

 private:
  std::span<const std::int64_t> training_;
  std::optional<KeptSamples> kept_;
  std::int64_t batch_size_;
  std::int64_t epoch_;
  Permutation order_;
};

}  // namespace greentrain
