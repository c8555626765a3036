#include "trainer/loop/device.h"

#include <ATen/Context.h>
#include <ATen/detail/CUDAHooksInterface.h>

#include "core/error.h"

namespace greentrain {

c10::Device resolve_device(Device wanted, int local_rank) {
  const int gpus = at::hasCUDA() ? at::detail::getCUDAHooks().deviceCount() : 0;
  if (wanted == Device::Cuda && gpus == 0) {
    throw UsageError(
        "train.device is cuda, but no GPU was found (or this build has no CUDA). Expected an "
        "NVIDIA "
        "GPU and a build made with the preset gpu; use train.device=auto to run on the CPU.");
  }
  if (wanted == Device::Cpu || gpus == 0) return c10::kCPU;
  return {c10::kCUDA, static_cast<c10::DeviceIndex>(local_rank % gpus)};
}

c10::Device device_of(const Model& model) { return model.parameters().front().device(); }

Batch to_device(Batch batch, c10::Device device) {
  if (device.is_cpu()) return batch;
  return {batch.inputs.to(device), batch.targets.to(device), batch.samples};
}

}  // namespace greentrain
