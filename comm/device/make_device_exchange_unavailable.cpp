#include "comm/device/cuda_gpus.h"
#include "comm/device/make_device_exchange.h"
#include "comm/rank_errors.h"

namespace greentrain {
namespace {

[[noreturn]] void refuse() {
  throw SharedError(
      "this greentrain was built without NCCL: build it with the preset gpu "
      "(GREENTRAIN_WITH_NCCL=ON)",
      ExitCode::Usage);
}

}  // namespace

std::vector<Gpu> visible_gpus() { return {}; }
void use_gpu(const Gpu&) { refuse(); }
std::optional<Gpu> choose_gpu(Communicator&) { return std::nullopt; }

ChosenDeviceExchange make_device_exchange(Communicator&, Backend, const Gpu&, const ExchangeShape&,
                                          const DeviceSettings&) {
  refuse();
}

}  // namespace greentrain
