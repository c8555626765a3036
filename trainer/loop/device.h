#pragma once

#include <optional>

#include <c10/core/Device.h>

#include "comm/communicator.h"
#include "comm/device/gpu_choice.h"
#include "trainer/data/dataset.h"
#include "trainer/loop/train_options.h"
#include "trainer/models/model.h"

namespace greentrain {

/// What a rank computes on.
struct RankDevice {
  c10::Device device{c10::kCPU};
  std::optional<Gpu> gpu;  ///< Where a build with NCCL found one.
};

/// The device of this rank; ranks of a node share out its GPUs (assign_gpus()). Collective. Throws
/// UsageError when a GPU is asked for and this build or machine has none.
RankDevice resolve_device(Device wanted, Communicator& node);

c10::Device device_of(const Model& model);  ///< Of its parameters.
Batch to_device(Batch batch, c10::Device device);

}  // namespace greentrain
