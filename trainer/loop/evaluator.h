#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <span>

#include "comm/communicator.h"
#include "core/units.h"
#include "trainer/data/dataset.h"
#include "trainer/data/order.h"
#include "trainer/loop/early_stopping.h"
#include "trainer/models/model.h"

namespace greentrain {

/// Sum of the cross entropy over a batch's samples (natural logarithm; for text the mean over a
/// sample's tokens), as a differentiable scalar.
at::Tensor summed_loss(const at::Tensor& logits, const Batch& batch);

/// Measures a model on part of the data, shared out over the ranks: each sample once. Sums follow
/// one tree over the shares, so that they do not depend on which rank has which.
class Evaluator {
 public:
  Evaluator(Communicator& comm, Model& model, const Dataset& data, Shares shares,
            std::int64_t batch_size, const std::atomic<bool>& stop_requested);

  /// Given up, on every rank, when one is asked to stop meanwhile: then there is no result.
  /// Collective.
  std::optional<Evaluation> evaluate(std::span<const std::int64_t> indices);
  Seconds waited() const { return waited_; }  ///< For the other ranks' sums, so far.

 private:
  struct Sums {
    double loss{0};
    double correct{0};
    double left_out{0};  ///< Samples, when asked to stop.
  };
  Sums measure(std::span<const std::int64_t> indices);
  Sums measure_shares(std::span<const std::int64_t> indices, int first, int count);
  static void add(Sums& into, const Sums& next);

  Communicator& comm_;
  Model& model_;
  const Dataset& data_;
  Shares shares_;
  Seconds waited_{0};
  std::int64_t batch_size_;  ///< Samples per forward pass of one rank.
  const std::atomic<bool>& stop_requested_;
};

}  // namespace greentrain
