#include "trainer/data/batch_maker.h"

#include <algorithm>
#include <utility>

namespace greentrain {
namespace {

std::span<float> floats(at::Tensor& tensor) {
  return {tensor.mutable_data_ptr<float>(), static_cast<std::size_t>(tensor.numel())};
}

/// The numbers of one sample.
std::span<float> sample_of(Batch& batch, std::size_t row) {
  const auto all = floats(batch.inputs);
  const std::size_t length = all.size() / static_cast<std::size_t>(batch.samples);
  return all.subspan(row * length, length);
}

}  // namespace

BatchMaker::BatchMaker(const Dataset& data, std::span<const std::int64_t> training,
                       const AugmentOptions& options, std::uint64_t seed, std::vector<float> fill)
    : data_(data), training_(training), options_(options), seed_(seed) {
  if (options.changes_images()) images_.emplace(options, data.info().sample_shape, std::move(fill));
}

void BatchMaker::make(const EpochPlan& plan, std::int64_t step, PlaceRange places,
                      MadeBatch& into) const {
  into.batch.weights.reset();
  into.indices.clear();
  for (std::int64_t i = places.begin; i < places.end; ++i) {
    into.indices.push_back(plan.sample(step, i).index);
  }
  data_.read(into.indices, into.batch);
  if (images_ || options_.mixup > 0) augment(plan.epoch(), into);
  if (!plan.has_weights()) return;
  if (!into.batch.weights.defined()) {
    std::ranges::fill(floats(reuse(into.batch.weights, {into.batch.samples}, at::kFloat)), 1.0f);
  }
  const auto weights = floats(into.batch.weights);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    weights[i] *= plan.sample(step, places.begin + static_cast<std::int64_t>(i)).weight;
  }
}

void BatchMaker::augment(std::int64_t epoch, MadeBatch& into) const {
  std::vector<CounterRandom> randoms;
  for (std::size_t row = 0; row < into.indices.size(); ++row) {
    randoms.push_back(augment_random(seed_, epoch, data_.size(), into.indices[row]));
    if (images_) images_->apply(sample_of(into.batch, row), randoms.back(), into.scratch);
  }
  if (options_.mixup > 0) mix_in(randoms, into);
}

void BatchMaker::mix_in(std::span<CounterRandom> randoms, MadeBatch& into) const {
  Batch& batch = into.batch;
  std::vector<std::int64_t> partners;
  auto shares = floats(reuse(batch.shares, {batch.samples}, at::kFloat));
  for (std::size_t row = 0; row < randoms.size(); ++row) {
    partners.push_back(training_[randoms[row].below(training_.size())]);
    shares[row] = static_cast<float>(mixup_share(options_.mixup, randoms[row]));
  }
  into.partners.weights.reset();
  data_.read(partners, into.partners);
  for (std::size_t row = 0; row < randoms.size(); ++row) {
    if (!is_readable(into.partners, row)) shares[row] = 1;
    const auto other = sample_of(into.partners, row);
    if (images_) images_->apply(other, randoms[row], into.scratch);
    const float share = shares[row];
    std::ranges::transform(
        sample_of(batch, row), other, sample_of(batch, row).begin(),
        [share](float mine, float theirs) { return share * mine + (1 - share) * theirs; });
  }
  std::swap(batch.other_targets, into.partners.targets);
}

}  // namespace greentrain
