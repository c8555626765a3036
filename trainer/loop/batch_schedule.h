#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace greentrain {

/// Which training samples belong to which step, for any number of ranks: a function of seed and
/// step alone. Every epoch visits each sample once; its last batch may be smaller.
class BatchSchedule {
 public:
  BatchSchedule(std::vector<std::int64_t> training_indices, std::int64_t batch_size,
                std::uint64_t seed);

  std::int64_t steps_per_epoch() const;
  std::int64_t epoch_of(std::int64_t step) const { return step / steps_per_epoch(); }

  /// The global batch of a step; valid until the next call. Cheap within an epoch.
  std::span<const std::int64_t> batch(std::int64_t step);

 private:
  std::vector<std::int64_t> indices_;
  std::int64_t batch_size_;
  std::uint64_t seed_;
  std::int64_t ordered_epoch_{-1};
  std::vector<std::int64_t> order_;
};

}  // namespace greentrain
