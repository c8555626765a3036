#pragma once

#include <functional>
#include <memory>
#include <string>

#include <c10/core/Stream.h>

#include "comm/device/make_device_exchange.h"
#include "trainer/optim/flat_parameters.h"
#include "trainer/optim/optim_options.h"
#include "trainer/optim/step_update.h"

namespace greentrain {

/// A rank's GPU, connected with those of the other ranks.
class GpuConnection {
 public:
  /// What the ranks with a GPU and those without agree on. Collective.
  static bool possible(Communicator& comm, Backend backend, bool has_gpu);

  /// `gpu` is the thread's current one. on_failure: see DeviceSettings. Collective. Throws
  /// SharedError where these ranks cannot be connected like that.
  GpuConnection(Communicator& comm, Backend backend, const Gpu& gpu, const ExchangeShape& shape,
                const Clock& clock, std::function<void(const std::string&)> on_failure);

  /// Binds the parameters to it. It outlives the update. Collective.
  std::unique_ptr<StepUpdate> make_update(const OptimizerOptions& options,
                                          FlatParameters& parameters, StepJudge judge);
  std::string description() const;  ///< "nccl: 4 ranks with a GPU each, NCCL 2.28.9".

 private:
  Communicator& comm_;
  c10::Stream stream_;  ///< The exchange's; torch's own, so that its kernels can be enqueued there.
  ChosenDeviceExchange chosen_;
};

}  // namespace greentrain
