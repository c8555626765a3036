#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include <ATen/core/Tensor.h>

#include "comm/exchange/gradient_exchange.h"
#include "core/clock.h"
#include "trainer/optim/flat_parameters.h"

namespace greentrain {

/// Brings gradients into an exchange as backward computes them: a hook on each parameter
/// takes the gradient that autograd has just finished and leaves none behind.
///
/// A rank may compute its share of a step in several micro-batches. Their gradients are added along
/// the tree of tree_split(). With a power of two of them that is a part of the tree over all ranks:
/// the sums have the same bits on 1 rank with 8 micro-batches as on 8 ranks with one. It costs
/// log2(n) - 1 further buffers, rounded down, for n > 3.
///
/// A step: for each micro-batch forward, begin(), backward, end(); begin_step()
/// comes before the last begin(). The parameters are bound, outlive this, and are used by one
/// thread.
class GradientHooks {
 public:
  /// Throws Error unless micro_batches is 1 or more, and 1 for bfloat16 gradients.
  GradientHooks(FlatParameters& parameters, GradientExchange& exchange, int micro_batches,
                const Clock& clock);
  /// gradients: [parameters.shape().elements], where they are wanted; `ready` is told of each
  /// tensor that is there.
  GradientHooks(FlatParameters& parameters, at::Tensor gradients,
                std::function<void(std::size_t)> ready, int micro_batches, const Clock& clock);
  ~GradientHooks();
  GradientHooks(const GradientHooks&) = delete;
  GradientHooks& operator=(const GradientHooks&) = delete;

  enum class Samples { Some, None };
  /// After the forward of a micro-batch (counted from 0), which moved the statistics; or without
  /// one, when there are no samples for it.
  void begin(int micro_batch, Samples samples);
  /// After its backward: a parameter that got no gradient counts as zeros.
  void end();

  /// When each tensor of the exchange is ready, in seconds after the last begin(): the mean of the
  /// first steps, known after 10.
  std::vector<double> ready_seconds() const;
  bool times_are_known() const;

 private:
  class Hook;

  void bring(std::size_t index, const at::Tensor& value);
  void bring_zeros(std::size_t index);
  void arrived(std::size_t index);
  bool waits() const;
  int level() const;
  at::Tensor place(int level, std::size_t index) const;
  const ParameterSlice& slice(std::size_t index) const;
  bool is_last() const { return micro_batch_ == micro_batches_ - 1; }

  FlatParameters& parameters_;
  std::function<void(std::size_t)> ready_;
  const Clock& clock_;
  int micro_batches_;
  int micro_batch_{0};
  std::vector<at::Tensor> partial_sums_;  ///< Flat; [0] is where they are wanted.
  std::vector<bool> arrived_;             ///< By tensor of the exchange, in this micro-batch.
  Clock::Instant began_;
  std::vector<double> ready_seconds_;
  int timed_steps_{0};
};

}  // namespace greentrain
