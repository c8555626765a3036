#include "comm/device/make_device_exchange.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "comm/device/cuda_arena_exchange.h"
#include "comm/device/nccl_exchange.h"
#include "comm/rank_errors.h"

namespace greentrain {
namespace {

// 16 MiB: long enough for a network's full speed, short enough to overlap with backward.
constexpr std::size_t kBucketElements = std::size_t{1} << 22;

[[noreturn]] void refuse(const std::string& message) {
  throw SharedError("comm.backend: " + message, ExitCode::Usage);
}

Backend choose(Communicator& world, Backend backend, const Gpu& gpu) {
  const auto all = all_gather_text(world, gpu.uuid);
  const std::size_t gpus = std::set(all.begin(), all.end()).size();
  const bool shared = gpus == 1;  // One rank alone shares with nobody, and needs no NCCL.
  const bool distinct = gpus == all.size();
  if (backend == Backend::Nccl && !distinct) {
    refuse(
        fmt::format("nccl: {} ranks have {} GPUs, and NCCL needs one for each; use auto, or "
                    "start {} ranks",
                    all.size(), gpus, gpus));
  }
  if (backend == Backend::Arena && !shared) {
    refuse(fmt::format("arena: {} ranks have {} GPUs, and the arena serves one; use auto",
                       all.size(), gpus));
  }
  if (backend != Backend::Auto) return backend;
  if (shared) return Backend::Arena;
  if (distinct) return Backend::Nccl;
  refuse(fmt::format("auto: {} ranks have {} GPUs: start {} ranks, or all on one GPU", all.size(),
                     gpus, gpus));
}

}  // namespace

ChosenDeviceExchange make_device_exchange(Communicator& world, Backend backend, const Gpu& gpu,
                                          const ExchangeShape& shape,
                                          const DeviceSettings& settings) {
  if (shape.gradients != ElementType::Float32 || shape.parameter_values != ElementType::Float32) {
    refuse("GPUs exchange float32 only; use train.device: cpu for bfloat16");
  }
  const Backend chosen = choose(world, backend, gpu);
  DeviceShards shards(shape.parameters, shape.elements, kBucketElements, world.size());
  if (chosen == Backend::Nccl) {
    return {std::make_unique<NcclExchange>(world, std::move(shards), settings), chosen};
  }
  return {std::make_unique<CudaArenaExchange>(world, std::move(shards), settings), chosen};
}

}  // namespace greentrain
