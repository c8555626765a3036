#include "trainer/data/epoch_plan.h"

#include <algorithm>
#include <utility>

namespace greentrain {

EpochPlan::EpochPlan(std::span<const std::int64_t> training, std::optional<KeptSamples> kept,
                     std::int64_t batch_size, std::uint64_t seed, std::int64_t epoch)
    : training_(training),
      kept_(std::move(kept)),
      batch_size_(batch_size),
      epoch_(epoch),
      order_(kept_ ? std::ssize(kept_->places) : std::ssize(training),
             CounterRandom(seed, RandomPurpose::Order, static_cast<std::uint64_t>(epoch))) {}

std::int64_t EpochPlan::batch(std::int64_t step) const {
  return std::min(batch_size_, samples() - step * batch_size_);
}

PlannedSample EpochPlan::sample(std::int64_t step, std::int64_t in_batch) const {
  const auto visited = static_cast<std::size_t>(order_.at(step * batch_size_ + in_batch));
  const std::int64_t place = kept_ ? kept_->places[visited] : static_cast<std::int64_t>(visited);
  return {place, training_[static_cast<std::size_t>(place)],
          has_weights() ? kept_->weights[visited] : 1.0f};
}

}  // namespace greentrain
