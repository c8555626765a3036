#include "trainer/data/pruning.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace greentrain {

InfoBatch::InfoBatch(std::int64_t samples, Fraction ratio, Fraction delta, std::int64_t epochs,
                     std::uint64_t seed)
    : losses_(static_cast<std::size_t>(samples), std::numeric_limits<float>::quiet_NaN()),
      ratio_(ratio.value),
      annealed_from_(delta.value * static_cast<double>(epochs)),
      seed_(seed) {}

void InfoBatch::learn(std::span<const std::int64_t> places, std::span<const float> losses) {
  for (std::size_t i = 0; i < places.size(); ++i) {
    losses_[static_cast<std::size_t>(places[i])] = losses[i];
  }
}

std::optional<KeptSamples> InfoBatch::keep(std::int64_t epoch) const {
  if (static_cast<double>(epoch) >= annealed_from_ || ratio_ == 0) return std::nullopt;
  double sum = 0;
  std::int64_t known = 0;
  for (const float loss : losses_) {
    if (!std::isfinite(loss)) continue;
    sum += static_cast<double>(loss);
    ++known;
  }
  if (known == 0) return std::nullopt;
  const double mean = sum / static_cast<double>(known);

  KeptSamples kept;
  const CounterRandom key(seed_, RandomPurpose::Prune, static_cast<std::uint64_t>(epoch));
  CounterRandom draws = key;
  for (std::size_t place = 0; place < losses_.size(); ++place) {
    const double draw = draws.uniform();  // For every sample, so that it does not depend on others.
    const bool well_learnt =
        std::isfinite(losses_[place]) && static_cast<double>(losses_[place]) < mean;
    if (well_learnt && draw < ratio_) continue;
    kept.places.push_back(static_cast<std::int64_t>(place));
    kept.weights.push_back(well_learnt ? static_cast<float>(1 / (1 - ratio_)) : 1.0f);
  }
  return kept;
}

RandomSubsets::RandomSubsets(std::int64_t samples, std::span<const std::int64_t> labels,
                             Fraction ratio, std::uint64_t seed)
    : kept_share_(1 - ratio.value), seed_(seed) {
  for (std::int64_t place = 0; place < samples; ++place) {
    const auto label =
        labels.empty() ? 0 : static_cast<std::size_t>(labels[static_cast<std::size_t>(place)]);
    if (label >= classes_.size()) classes_.resize(label + 1);
    classes_[label].push_back(place);
  }
  std::erase_if(classes_, [](const auto& members) { return members.empty(); });
}

KeptSamples RandomSubsets::keep(std::int64_t epoch) const {
  KeptSamples kept;
  for (std::size_t number = 0; number < classes_.size(); ++number) {
    const auto& members = classes_[number];
    const std::int64_t size = std::ssize(members);
    // Classes round at different epochs: an epoch's size varies less than its classes do.
    const double phase = static_cast<double>(number) / static_cast<double>(classes_.size());
    const auto dealt_before = [&](std::int64_t to) {
      const double share = static_cast<double>(to) * kept_share_ * static_cast<double>(size);
      return static_cast<std::int64_t>(std::floor(share + phase));
    };
    const std::int64_t end = dealt_before(epoch + 1);
    for (std::int64_t i = dealt_before(epoch); i < end;) {
      const std::int64_t pass = i / size;
      const auto stream = static_cast<std::uint64_t>(pass) * classes_.size() + number;
      const Permutation order(size, CounterRandom(seed_, RandomPurpose::Subset, stream));
      for (; i < end && i < (pass + 1) * size; ++i) {
        kept.places.push_back(members[static_cast<std::size_t>(order.at(i % size))]);
      }
    }
  }
  if (kept.places.empty()) kept.places.push_back(classes_.front().front());
  std::ranges::sort(kept.places);
  return kept;
}

}  // namespace greentrain
