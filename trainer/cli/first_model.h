#pragma once

#include <memory>

#include "trainer/data/dataset.h"
#include "trainer/models/model.h"

namespace greentrain {

/// The model that training starts from: made as the config says, with first weights drawn or, with
/// `reads_weights`, taken from model.init_from, and with its frozen part frozen. One rank reads the
/// weights, and the others get them from it. What the file had that does not fit is logged. Throws
/// UsageError for whatever the user can mend.
std::shared_ptr<Model> make_first_model(const ModelOptions& options, const DatasetInfo& data,
                                        bool reads_weights);

}  // namespace greentrain
