#pragma once

#include <string>

#include "trainer/models/spec/model_spec.h"

namespace greentrain {

/// The whole name of the last layer with weights, which makes the logits. Throws UsageError when it
/// shares those of another layer.
std::string head_of(const ModelSpec& spec);

}  // namespace greentrain
