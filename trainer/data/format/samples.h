#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace greentrain {

/// The bytes of a file, unpacked, and the name that errors give it.
struct RawFile {
  std::string_view name;
  std::span<const char> bytes;
};

/// Samples as a parser found them: rows of numbers, one label or some numbers to predict each.
/// Parsers append to it, so that several files make one table; `shape` is the first file's and
/// later ones must agree.
template <class Value>
struct LabelledRows {
  std::vector<std::int64_t> shape;  ///< Of one sample; empty: nothing was read yet.
  std::vector<Value> values;        ///< One row after another.
  std::vector<std::int64_t> labels;
  std::vector<float> targets;  ///< One row after another, where there are no labels.
};
using FloatRows = LabelledRows<float>;
using ByteRows = LabelledRows<std::uint8_t>;

/// The shape that `data.shape` gives to samples of `columns` numbers; [columns] when it is empty.
/// Throws UsageError when it is not [features] or [channels, height, width], or does not multiply
/// to the columns.
std::vector<std::int64_t> checked_shape(std::span<const std::int64_t> wished, std::int64_t columns);

/// One more than the largest label. Throws UsageError when there are no samples.
std::int64_t count_classes(std::span<const std::int64_t> labels);

}  // namespace greentrain
