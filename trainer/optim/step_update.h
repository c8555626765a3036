#pragma once

#include <cstddef>
#include <functional>
#include <span>

#include <ATen/core/Tensor.h>

#include "comm/communicator.h"
#include "core/units.h"
#include "trainer/optim/step_judge.h"

namespace greentrain {

/// One rank's way from the gradients of a step to new parameters, which all ranks then have: an
/// exchange and its optimizer, on the CPU (HostUpdate) or on a GPU (DeviceUpdate).
///
/// One thread at a time. A step: begin_step(), forward, begin_exchange(), backward with
/// parameter_ready() for every tensor, finish_exchange(), finish_update(). The next forward tells
/// of each layer by before_layer(); all but forward comes after settle().
class StepUpdate {
 public:
  virtual ~StepUpdate() = default;

  /// [elements], flat, where gradients are wanted.
  virtual at::Tensor gradients() = 0;
  virtual void begin_step(const StepNumbers& numbers) = 0;
  /// `vote` is asked for this rank's record, now or in finish_exchange(), whichever keeps the
  /// device busy.
  virtual void begin_exchange(std::function<Record()> vote, CombineRecord combine) = 0;
  virtual void parameter_ready(std::size_t tensor) = 0;
  virtual void finish_exchange() = 0;
  /// New parameters may still be on their way: see before_layer().
  virtual void finish_update() = 0;
  /// Whether before_layer() must be called: parameters come to a GPU under the next forward.
  virtual bool prefetches() const { return false; }
  /// Before forward reads or writes these tensors of the exchange: makes it wait for them.
  virtual void before_layer(std::span<const std::size_t>) {}
  /// Before anything else touches weights, statistics or gradients: the same for all of them.
  virtual void settle() {}
  /// Between steps: the module sees the average of the weights instead of them, or again them; does
  /// nothing where none is kept. Collective.
  virtual void swap_average() = 0;
  /// Between steps: keeps a copy of weights and optimizer in memory, in place of the last one.
  virtual void take_snapshot() = 0;
  /// Between steps: goes back to it. Collective. Throws Error where none was taken.
  virtual void restore_snapshot() = 0;
  /// Seconds this rank has waited for others so far; 0 where that is not known (a GPU).
  virtual Seconds waited() const = 0;
  /// Between steps: when each tensor is ready in backward, in seconds. Collective.
  virtual void tune(std::span<const double> ready_seconds) = 0;
};

}  // namespace greentrain
