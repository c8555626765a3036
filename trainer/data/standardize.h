#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include <ATen/core/Tensor.h>

#include "trainer/data/dataset.h"

namespace greentrain {

/// What shifts and scales inputs to mean 0 and deviation 1. Both float32, broadcastable to a
/// sample: [channels, 1, 1] for images, [features] for flat samples.
struct InputStatistics {
  at::Tensor mean;
  at::Tensor deviation;  ///< Of the population (divided by n); 1 where the inputs do not vary.
};

/// Mean and deviation of these samples, per channel or per feature, computed in double; none for
/// text. Only training samples may be given: what is measured on others must not leak in. Reads
/// the samples twice; where each has to be decoded, 4096 of them, evenly spread. Throws UsageError
/// when none of them can be read.
std::optional<InputStatistics> fit_standardization(const Dataset& data,
                                                   std::span<const std::int64_t> training);

}  // namespace greentrain
