#pragma once

#include "comm/comm_options.h"
#include "trainer/data/order.h"
#include "trainer/loop/train_options.h"

namespace greentrain {

/// Which pieces of every global batch a rank computes, one after the other. Usually one piece, the
/// rank's whole share; with train.micro_batch_size as many as it takes for none to be larger; with
/// the invariant reduction its part of comm.virtual_workers. The global batch stays the same for
/// every number of ranks.
///
/// Throws UsageError, with the nearest that would do, when the ranks cannot share the batch. A
/// function of its arguments: all ranks throw together.
Shares share_batch(int rank, int ranks, const TrainOptions& train, const CommOptions& comm);

}  // namespace greentrain
