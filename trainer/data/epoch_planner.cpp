#include "trainer/data/epoch_planner.h"

#include <utility>
#include <vector>

namespace greentrain {

EpochPlanner::EpochPlanner(std::span<const std::int64_t> training,
                           std::span<const std::int64_t> labels, const PruningOptions& options,
                           std::int64_t batch_size, std::int64_t epochs, std::uint64_t seed)
    : training_(training), batch_size_(batch_size), seed_(seed) {
  if (options.method == PruningMethod::Infobatch) {
    info_batch_.emplace(std::ssize(training), options.ratio, options.delta, epochs, seed);
  } else if (options.method == PruningMethod::Rs2) {
    std::vector<std::int64_t> of_training;
    if (!labels.empty()) {
      for (const std::int64_t index : training) {
        of_training.push_back(labels[static_cast<std::size_t>(index)]);
      }
    }
    subsets_.emplace(std::ssize(training), of_training, options.ratio, seed);
  }
}

std::shared_ptr<const EpochPlan> EpochPlanner::plan(std::int64_t epoch) const {
  std::optional<KeptSamples> kept;
  if (info_batch_) kept = info_batch_->keep(epoch);
  if (subsets_) kept = subsets_->keep(epoch);
  return std::make_shared<const EpochPlan>(training_, std::move(kept), batch_size_, seed_, epoch);
}

void EpochPlanner::learn(std::span<const std::int64_t> places, std::span<const float> losses) {
  info_batch_->learn(places, losses);
}

}  // namespace greentrain
