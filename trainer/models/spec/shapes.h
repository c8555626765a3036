#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "trainer/models/spec/model_spec.h"

namespace greentrain {

/// What a model is for: the part of DatasetInfo that shapes depend on.
struct SpecData {
  std::string name;                        ///< For messages: "digits.csv.gz".
  std::vector<std::int64_t> sample_shape;  ///< [channels, height, width], [features] or [context].
  std::int64_t classes{0};
  bool is_text{false};
};

/// Fills in every layer's inputs and outputs, and classes where the spec leaves a number to the
/// data, from a sample to logits: [classes], or [context, classes or more] for text. Throws
/// UsageError at the first layer that does not fit, with its label, both shapes and what to do.
void infer_shapes(ModelSpec& spec, const SpecData& data);

}  // namespace greentrain
