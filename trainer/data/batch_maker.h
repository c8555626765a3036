#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "trainer/data/augment.h"
#include "trainer/data/data_options.h"
#include "trainer/data/dataset.h"
#include "trainer/data/epoch_plan.h"
#include "trainer/data/order.h"

namespace greentrain {

/// A batch, and the memory that making it took.
struct MadeBatch {
  Batch batch;
  std::vector<std::int64_t> indices;
  Batch partners;  ///< Mixed into the batch.
  std::vector<float> scratch;
};

/// Makes the batches that are trained on: reads samples, changes them at random, mixes and weighs
/// them. What becomes of a sample depends on seed, epoch and sample alone. Immutable, so threads
/// may share it.
class BatchMaker {
 public:
  /// `data` and `training` outlive it. `fill`: see ImageAugmenter; one number per channel.
  BatchMaker(const Dataset& data, std::span<const std::int64_t> training,
             const AugmentOptions& options, std::uint64_t seed, std::vector<float> fill);

  /// The places [begin, end) of a step's global batch. Throws what reading them throws.
  void make(const EpochPlan& plan, std::int64_t step, PlaceRange places, MadeBatch& into) const;

 private:
  void augment(std::int64_t epoch, MadeBatch& into) const;
  void mix_in(std::span<CounterRandom> randoms, MadeBatch& into) const;

  const Dataset& data_;
  std::span<const std::int64_t> training_;
  AugmentOptions options_;
  std::uint64_t seed_;
  std::optional<ImageAugmenter> images_;
};

}  // namespace greentrain
