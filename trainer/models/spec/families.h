#pragma once

#include "trainer/models/model_options.h"
#include "trainer/models/spec/shapes.h"

namespace greentrain {

/// model.type and its widths as a list of layers; for `spec`, what model.spec says, which was
/// checked when the config was read. What depends on the data is left open.
ModelSpec expand(const ModelOptions& options);

/// Throws UsageError, in the words of the options, when a family does not fit the data.
void check_family(const ModelOptions& options, const SpecData& data);

}  // namespace greentrain
