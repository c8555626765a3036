#include "trainer/data/standardize.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <ATen/ops/empty.h>

#include "core/error.h"

namespace greentrain {
namespace {

/// Samples gathered at a time: a batch in cache, and no second copy of the data in memory.
constexpr std::size_t kSamplesAtOnce = 64;

/// How the numbers of a sample fall into groups that share a mean: runs of `length` numbers.
struct Groups {
  std::size_t count;
  std::size_t length;
};

Groups groups_of(const std::vector<std::int64_t>& shape) {
  const bool image = shape.size() == 3;
  return {static_cast<std::size_t>(shape[0]),
          image ? static_cast<std::size_t>(shape[1] * shape[2]) : 1};
}

/// How many images are decoded to fit what all of them have in common.
constexpr std::size_t kMostDecoded = 4096;

/// The samples to fit on: all, or evenly spread ones where each has to be decoded.
std::vector<std::int64_t> fitted_samples(const Dataset& data, std::span<const std::int64_t> all) {
  const std::size_t count = data.info().decoded ? std::min(all.size(), kMostDecoded) : all.size();
  std::vector<std::int64_t> samples;
  for (std::size_t i = 0; i < count; ++i) samples.push_back(all[i * all.size() / count]);
  return samples;
}

struct GroupSums {
  std::vector<double> by_group;
  std::int64_t samples{0};  ///< That could be read.
};

/// Sum over the samples that can be read, for each group, of term(number, group).
template <class Term>
GroupSums sums(const Dataset& data, std::span<const std::int64_t> samples, Groups groups,
               Term term) {
  GroupSums sums{std::vector<double>(groups.count)};
  while (!samples.empty()) {
    const auto some = samples.first(std::min(samples.size(), kSamplesAtOnce));
    const Batch batch = data.gather(some);
    const float* number = batch.inputs.const_data_ptr<float>();
    for (std::size_t sample = 0; sample < some.size(); ++sample) {
      if (!is_readable(batch, sample)) {
        number += groups.count * groups.length;
        continue;
      }
      ++sums.samples;
      for (std::size_t group = 0; group < groups.count; ++group) {
        for (std::size_t i = 0; i < groups.length; ++i) {
          sums.by_group[group] += term(*number++, group);
        }
      }
    }
    samples = samples.subspan(some.size());
  }
  return sums;
}

/// Inputs that differ by less than float32 can tell at their size do not vary: a division by such
/// a deviation would only blow up rounding.
bool varies(double mean, double deviation) {
  using Float = std::numeric_limits<float>;
  return deviation >= Float::min() && deviation > std::abs(mean) * Float::epsilon();
}

at::Tensor to_tensor(const std::vector<double>& values, std::size_t dimensions) {
  std::vector<std::int64_t> shape(dimensions, 1);
  shape[0] = std::ssize(values);
  at::Tensor tensor = at::empty(shape, at::kFloat);
  std::ranges::transform(values, tensor.mutable_data_ptr<float>(),
                         [](double value) { return static_cast<float>(value); });
  return tensor;
}

}  // namespace

std::optional<InputStatistics> fit_standardization(const Dataset& data,
                                                   std::span<const std::int64_t> training) {
  const DatasetInfo& info = data.info();
  if (info.text) return std::nullopt;
  const Groups groups = groups_of(info.sample_shape);
  const auto samples = fitted_samples(data, training);
  auto [mean, readable] = sums(data, samples, groups, [](double x, std::size_t) { return x; });
  if (readable == 0) {
    throw UsageError(info.name +
                     ": none of the samples to standardise by can be read; mend the files");
  }
  const double count = static_cast<double>(readable) * static_cast<double>(groups.length);
  for (double& value : mean) value /= count;
  // A second pass for the squares: the difference of two large sums would lose the small one.
  auto deviation = sums(data, samples, groups, [&mean = mean](double x, std::size_t group) {
                     return (x - mean[group]) * (x - mean[group]);
                   }).by_group;
  for (std::size_t i = 0; i < groups.count; ++i) {
    deviation[i] = std::sqrt(deviation[i] / count);
    if (!varies(mean[i], deviation[i])) deviation[i] = 1;
  }
  return InputStatistics{to_tensor(mean, info.sample_shape.size()),
                         to_tensor(deviation, info.sample_shape.size())};
}

}  // namespace greentrain
