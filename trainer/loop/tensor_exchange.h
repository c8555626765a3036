#pragma once

#include <ATen/core/Tensor.h>

#include "comm/communicator.h"

namespace greentrain {

/// Adds up a contiguous float32 tensor over the ranks, in place, with the same bits on each. A GPU
/// tensor goes through host memory. Collective.
void sum_over_ranks(Communicator& comm, at::Tensor tensor);

/// Gives every rank the contiguous tensor of rank 0, in place; any element type. Collective.
void broadcast_from_rank_0(Communicator& comm, at::Tensor tensor);

}  // namespace greentrain
