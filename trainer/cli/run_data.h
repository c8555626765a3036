#pragma once

#include <memory>
#include <optional>

#include "trainer/config.h"
#include "trainer/data/split.h"
#include "trainer/data/standardize.h"
#include "trainer/loop/batch_feed.h"
#include "trainer/run/data_use.h"

namespace greentrain {

/// The parts of the data as the config asks for them. Throws UsageError.
Split make_split(const Config& config, const Dataset& data);

/// What hands the training part out. `data` and `split` outlive it.
std::unique_ptr<BatchFeed> make_feed(Communicator& comm, const Config& config, const Dataset& data,
                                     const Split& split, Shares shares,
                                     const std::optional<InputStatistics>& statistics);

/// Of all ranks. `waited`: for samples; `train`: in steps. Collective.
DataUse gather_data_use(Communicator& comm, const Dataset& data, Seconds waited, Seconds train);

}  // namespace greentrain
