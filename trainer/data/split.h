#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/units.h"

namespace greentrain {

/// Numbers of the samples in each part, ascending. Every sample is in exactly one part, or unused.
struct Split {
  std::vector<std::int64_t> train;
  std::vector<std::int64_t> validation;
  std::vector<std::int64_t> test;
  std::int64_t unused{0};  ///< Of what is for training, left out by data.fraction.
};

/// How large the held-out parts should be; the rest is for training.
struct SplitShares {
  Fraction validation;
  Fraction test;
};

/// Divides samples 0 to samples - 1 by seed, the same on every machine and for any number of ranks.
///
/// Stratified: `labels` (0 or above, one per sample, or empty: no classes) are spread so that each
/// class has its share of each part, rounded by largest remainder. A held-out part has the wished
/// share of all samples, rounded, and at least one sample unless its share is 0 - as far as the
/// classes allow, since one sample of each class always stays in training.
///
/// Throws UsageError when there is nothing to learn from: no sample, the same label everywhere, or
/// shares that leave nothing for training.
Split split_samples(std::int64_t samples, std::span<const std::int64_t> labels, SplitShares shares,
                    std::uint64_t seed);

/// The given share of these samples, ascending, drawn by seed; of each class its share, and at
/// least one sample. `labels` are by sample number, or empty: no classes.
std::vector<std::int64_t> stratified_part(std::span<const std::int64_t> samples,
                                          std::span<const std::int64_t> labels, Fraction share,
                                          std::uint64_t seed);

}  // namespace greentrain
