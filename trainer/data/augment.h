#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "trainer/data/augment_options.h"
#include "trainer/data/counter_random.h"

namespace greentrain {

/// The random numbers that change one sample in one epoch: a function of these alone, so that the
/// number of ranks and threads does not matter.
CounterRandom augment_random(std::uint64_t seed, std::int64_t epoch, std::int64_t samples,
                             std::int64_t index);

/// Changes images [channels, height, width] at random, in the order crop, flip, cutout. Pixels that
/// come from outside of an image, and those cut out, get their channel's `fill`. Immutable.
class ImageAugmenter {
 public:
  /// `fill`: one number per channel.
  ImageAugmenter(const AugmentOptions& options, std::span<const std::int64_t> shape,
                 std::vector<float> fill);

  /// `scratch` is memory to work in, kept by the caller between calls.
  void apply(std::span<float> image, CounterRandom& random, std::vector<float>& scratch) const;

 private:
  void move(std::span<float> image, std::int64_t down, std::int64_t right, bool flip,
            std::vector<float>& scratch) const;
  void cut_out(std::span<float> image, std::int64_t row, std::int64_t column) const;

  AugmentOptions options_;
  std::int64_t height_;
  std::int64_t width_;
  std::vector<float> fill_;
};

/// The share of the first sample in a mix of two (mixup, Zhang et al. 2018, arXiv 1710.09412, eq.
/// 1): drawn from Beta(alpha, alpha) by Johnk's method, for alpha above 0 and at most 1.
double mixup_share(double alpha, CounterRandom& random);

}  // namespace greentrain
