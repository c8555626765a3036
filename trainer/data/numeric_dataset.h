#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "trainer/data/dataset.h"

namespace greentrain {

/// Rows of numbers with a class or some numbers to predict each, or without any. Bytes stay bytes
/// in memory, a quarter of their size as float32, and become 0 to 1 in read().
class NumericDataset final : public Dataset {
 public:
  /// Row after row; both kinds of number have the same length, samples x product of the shape.
  using Values = std::variant<std::vector<float>, std::vector<std::uint8_t>>;

  /// Without labels and targets, batches have no targets. targets: samples x info.targets.
  NumericDataset(DatasetInfo info, Values values, std::vector<std::int64_t> labels,
                 std::vector<float> targets = {});

  const DatasetInfo& info() const override { return info_; }
  std::int64_t size() const override { return samples_; }
  std::span<const std::int64_t> labels() const override { return labels_; }
  void read(std::span<const std::int64_t> indices, Batch& into) const override;

 private:
  DatasetInfo info_;
  Values values_;
  std::vector<std::int64_t> labels_;
  std::vector<float> targets_;
  std::int64_t samples_;
};

}  // namespace greentrain
