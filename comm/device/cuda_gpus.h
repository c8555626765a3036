#pragma once

#include <optional>
#include <vector>

#include "comm/communicator.h"
#include "comm/device/gpu_choice.h"

namespace greentrain {

std::vector<Gpu> visible_gpus();  ///< None where there is no GPU or no driver.
/// Makes it the calling thread's current GPU.
void use_gpu(const Gpu& gpu);

/// This rank's GPU among those of its machine (assign_gpus()), by UUID; none where this rank sees
/// none, or where this build has no NCCL. Collective.
std::optional<Gpu> choose_gpu(Communicator& node);

}  // namespace greentrain
