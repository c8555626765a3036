#include "trainer/data/numeric_dataset.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <utility>

namespace greentrain {
namespace {

void copy_row(std::span<const float> row, float* out) { std::ranges::copy(row, out); }

void copy_row(std::span<const std::uint8_t> row, float* out) {
  constexpr float kWhite = 255;
  std::ranges::transform(row, out,
                         [](std::uint8_t value) { return static_cast<float>(value) / kWhite; });
}

template <class Value>
void copy_rows(std::span<const Value> values, std::span<const std::int64_t> indices,
               std::size_t columns, float* out) {
  for (const std::int64_t index : indices) {
    copy_row(values.subspan(static_cast<std::size_t>(index) * columns, columns), out);
    out += columns;
  }
}

std::int64_t count_rows(const NumericDataset::Values& values,
                        const std::vector<std::int64_t>& shape) {
  const auto columns =
      std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
  return std::visit([&](const auto& numbers) { return std::ssize(numbers) / columns; }, values);
}

}  // namespace

NumericDataset::NumericDataset(DatasetInfo info, Values values, std::vector<std::int64_t> labels,
                               std::vector<float> targets)
    : info_(std::move(info)),
      values_(std::move(values)),
      labels_(std::move(labels)),
      targets_(std::move(targets)),
      samples_(count_rows(values_, info_.sample_shape)) {
  if (targets_.empty()) return;
  const auto [least, most] = std::ranges::minmax_element(targets_);
  info_.target_range = {*least, *most};
}

void NumericDataset::read(std::span<const std::int64_t> indices, Batch& into) const {
  into.samples = std::ssize(indices);
  std::vector<std::int64_t> shape = info_.sample_shape;
  shape.insert(shape.begin(), into.samples);
  float* const inputs = reuse(into.inputs, shape, at::kFloat).mutable_data_ptr<float>();
  std::visit(
      [&](const auto& values) {
        const std::size_t columns = values.size() / static_cast<std::size_t>(samples_);
        copy_rows(std::span(values), indices, columns, inputs);
      },
      values_);
  if (!targets_.empty()) {
    float* const targets =
        reuse(into.targets, {into.samples, info_.targets}, at::kFloat).mutable_data_ptr<float>();
    copy_rows(std::span(targets_), indices, static_cast<std::size_t>(info_.targets), targets);
  }
  if (labels_.empty()) return;
  reuse(into.targets, {into.samples}, at::kLong);
  std::ranges::transform(
      indices, into.targets.mutable_data_ptr<std::int64_t>(),
      [&](std::int64_t index) { return labels_[static_cast<std::size_t>(index)]; });
}

}  // namespace greentrain
