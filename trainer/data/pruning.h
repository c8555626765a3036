#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/units.h"
#include "trainer/data/epoch_plan.h"
#include "trainer/data/pruning_options.h"

namespace greentrain {

/// InfoBatch (Qin et al. 2023, arXiv 2303.04947, eq. 1 and 5): of the samples whose last known loss
/// is below the mean, an epoch leaves each out with probability `ratio`, and multiplies the loss of
/// those it keeps by 1 / (1 - ratio), so that the expected gradient stays that of all samples. The
/// last epochs, from delta x epochs on, visit all, and so does the first. Samples without a finite
/// loss are never left out.
///
/// Its decisions depend on seed, epoch and losses alone: ranks that learn the same losses agree.
class InfoBatch {
 public:
  InfoBatch(std::int64_t samples, Fraction ratio, Fraction delta, std::int64_t epochs,
            std::uint64_t seed);

  /// What the samples at these places of the training part lost when last visited.
  void learn(std::span<const std::int64_t> places, std::span<const float> losses);
  /// Empty: all samples. `epoch` counts from 0. O(samples).
  std::optional<KeptSamples> keep(std::int64_t epoch) const;

 private:
  std::vector<float> losses_;  ///< By place; NaN: not known.
  double ratio_;
  double annealed_from_;  ///< Epochs.
  std::uint64_t seed_;
};

/// RS2 (Okanovic et al. 2023, arXiv 2305.18424, section 3, "without replacement"): each epoch takes
/// the next share of a random order of the samples, and a new order when that has ended. Every
/// class is dealt out by itself, so that each epoch has its share of each, to within one sample.
class RandomSubsets {
 public:
  /// `labels` are those of the training part, or empty: no classes.
  RandomSubsets(std::int64_t samples, std::span<const std::int64_t> labels, Fraction ratio,
                std::uint64_t seed);
  KeptSamples keep(std::int64_t epoch) const;  ///< At least one sample; may hold one twice.

 private:
  std::vector<std::vector<std::int64_t>> classes_;  ///< Places of each class's samples.
  double kept_share_;
  std::uint64_t seed_;
};

}  // namespace greentrain
