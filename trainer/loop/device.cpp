#include "trainer/loop/device.h"

#include <ATen/Context.h>
#include <ATen/detail/CUDAHooksInterface.h>

#include "comm/device/cuda_gpus.h"
#include "core/error.h"

namespace greentrain {

RankDevice resolve_device(Device wanted, Communicator& node) {
  const auto gpu = wanted == Device::Cpu ? std::nullopt : choose_gpu(node);
  const int gpus = at::hasCUDA() ? at::detail::getCUDAHooks().deviceCount() : 0;
  if (wanted == Device::Cuda && gpus == 0) {
    throw UsageError(
        "train.device is cuda, but no GPU was found (or this build has no CUDA). Expected an "
        "NVIDIA "
        "GPU and a build made with the preset gpu; use train.device=auto to run on the CPU.");
  }
  if (wanted == Device::Cpu || gpus == 0) return {};
  if (gpu) use_gpu(*gpu);
  const int index = gpu ? gpu->index : node.rank() % gpus;
  return {{c10::kCUDA, static_cast<c10::DeviceIndex>(index)}, gpu};
}

c10::Device device_of(const Model& model) { return model.parameters().front().device(); }

Batch to_device(Batch batch, c10::Device device) {
  if (device.is_cpu()) return batch;
  for (at::Tensor* tensor :
       {&batch.inputs, &batch.targets, &batch.weights, &batch.other_targets, &batch.shares}) {
    if (tensor->defined()) *tensor = tensor->to(device);
  }
  return batch;
}

}  // namespace greentrain
