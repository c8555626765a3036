#include "trainer/data/format/samples.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/error.h"

namespace greentrain {
namespace {

/// Whether the sizes multiply to `product`; never overflows.
bool multiply_to(std::span<const std::int64_t> sizes, std::int64_t product) {
  for (const std::int64_t size : sizes) {
    if (size < 1 || product % size != 0) return false;
    product /= size;
  }
  return product == 1;
}

}  // namespace

std::vector<std::int64_t> checked_shape(std::span<const std::int64_t> wished,
                                        std::int64_t columns) {
  if (wished.empty()) return {columns};
  if (wished.size() != 1 && wished.size() != 3) {
    throw UsageError(fmt::format(
        "data.shape is [{}], expected [features] or [channels, height, width]; a grey image has "
        "one channel",
        fmt::join(wished, ", ")));
  }
  if (!multiply_to(wished, columns)) {
    throw UsageError(fmt::format(
        "data.shape is [{}], expected sizes whose product is {}: the samples have that many "
        "columns besides the label",
        fmt::join(wished, ", "), columns));
  }
  return {wished.begin(), wished.end()};
}

std::int64_t count_classes(std::span<const std::int64_t> labels) {
  if (labels.empty()) throw UsageError("data.path: the files hold no sample; give more data");
  return std::ranges::max(labels) + 1;
}

}  // namespace greentrain
