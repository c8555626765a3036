#pragma once

#include <memory>
#include <string>

#include "comm/device/device_exchange.h"
#include "comm/device/gpu_choice.h"
#include "comm/exchange/gradient_exchange.h"
#include "comm/exchange/make_exchange.h"

namespace greentrain {

/// An exchange between GPUs and how it came about.
struct ChosenDeviceExchange {
  std::unique_ptr<DeviceExchange> exchange;
  Backend backend;  ///< Nccl, or Arena where the ranks share a GPU.
};

/// The way for these ranks, each of which has made `gpu` its current one: NCCL where every rank has
/// a GPU of its own, the arena in device memory where all share one GPU. Collective. Throws
/// SharedError (exit code 2) when they do neither, `backend` asks for what cannot be, the shape is
/// not float32, or this build has no NCCL.
ChosenDeviceExchange make_device_exchange(Communicator& world, Backend backend, const Gpu& gpu,
                                          const ExchangeShape& shape,
                                          const DeviceSettings& settings);

}  // namespace greentrain
