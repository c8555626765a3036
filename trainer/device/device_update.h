#pragma once

#include <vector>

#include <c10/core/Stream.h>

#include "trainer/device/device_optimizer.h"
#include "trainer/optim/flat_parameters.h"
#include "trainer/optim/step_update.h"

namespace greentrain {

/// A stream as the exchange wants it.
DeviceStream native_stream(const c10::Stream& stream);

/// StepUpdate in the memory of a GPU. The CPU waits for it once a step, in finish_exchange(), when
/// the vote asks for the loss and all other work is enqueued; so a loss that is not finite ends the
/// run after the update it spoiled, not before.
class DeviceUpdate final : public StepUpdate {
 public:
  /// Binds the parameters, which are float32 on stream.device(); all ranks hold the same values.
  /// stream: the exchange's. Collective. The judge's accepts_norm is not asked: the norm stays on
  /// the GPU. Throws Error when it is there, or for a loss scale other than 1.
  DeviceUpdate(Communicator& comm, const OptimizerOptions& options, FlatParameters& parameters,
               DeviceExchange& exchange, c10::Stream stream, StepJudge judge);

  at::Tensor gradients() override;
  void begin_step(const StepNumbers& numbers) override;
  void begin_exchange(std::function<Record()> vote, CombineRecord combine) override;
  void parameter_ready(std::size_t tensor) override;
  void finish_exchange() override;
  void finish_update() override;
  bool prefetches() const override { return true; }
  void before_layer(std::span<const std::size_t> tensors) override;
  void settle() override;
  void swap_average() override {}    // It keeps none.
  void take_snapshot() override;     ///< Throws Error: not there yet.
  void restore_snapshot() override;  ///< Likewise.
  Seconds waited() const override { return Seconds{0}; }
  void tune(std::span<const double>) override {
  }  // Buckets are cut once: they decide who owns what.

 private:
  void await(std::size_t tensor);
  DeviceStream compute() const;  ///< The stream in which this thread enqueues.
  at::Tensor flat(float* data) const;

  Communicator& comm_;
  FlatParameters& parameters_;
  DeviceExchange& exchange_;
  c10::Device device_;
  DeviceOptimizer optimizer_;
  StepJudge judge_;
  std::function<Record()> vote_;
  CombineRecord combine_{nullptr};
  std::vector<bool> awaited_;  ///< By tensor of the exchange: since the last finish_update().
};

}  // namespace greentrain
