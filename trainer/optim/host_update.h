#pragma once

#include "trainer/optim/sharded_optimizer.h"
#include "trainer/optim/step_update.h"

namespace greentrain {

/// StepUpdate in the memory of CPUs. A model on a GPU computes with a copy of it.
class HostUpdate final : public StepUpdate {
 public:
  /// Binds the parameters; all ranks hold the same values. Collective.
  HostUpdate(Communicator& comm, const OptimizerOptions& options, FlatParameters& parameters,
             GradientExchange& exchange, StepJudge judge);

  at::Tensor gradients() override;
  void begin_step(const StepNumbers& numbers) override { optimizer_.begin_step(numbers); }
  void begin_exchange(std::function<Record()> vote, CombineRecord combine) override;
  void parameter_ready(std::size_t tensor) override { exchange_.parameter_ready(tensor); }
  void finish_exchange() override { exchange_.finish_step(); }
  void finish_update() override;
  void swap_average() override;
  void take_snapshot() override { optimizer_.take_snapshot(); }
  void restore_snapshot() override;
  Seconds waited() const override { return exchange_.waited(); }
  void tune(std::span<const double> ready_seconds) override;

 private:
  Communicator& comm_;
  bool keeps_average_;
  FlatParameters& parameters_;
  GradientExchange& exchange_;
  ShardedOptimizer optimizer_;
};

}  // namespace greentrain
