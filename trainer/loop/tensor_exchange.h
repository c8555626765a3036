#pragma once

#include <ATen/core/Tensor.h>

#include "comm/communicator.h"

namespace greentrain {

/// Gives every rank the contiguous tensor of rank 0, in place; any element type. Collective.
void broadcast_from_rank_0(Communicator& comm, at::Tensor tensor);

}  // namespace greentrain
