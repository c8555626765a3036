#pragma once

#include <c10/core/Device.h>

#include "trainer/data/dataset.h"
#include "trainer/loop/train_options.h"
#include "trainer/models/model.h"

namespace greentrain {

/// The device a rank computes on; ranks of a node take its GPUs in turn. Throws UsageError when a
/// GPU is asked for and this build or machine has none.
c10::Device resolve_device(Device wanted, int local_rank);

c10::Device device_of(const Model& model);  ///< Of its parameters.
Batch to_device(Batch batch, c10::Device device);

}  // namespace greentrain
