#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <span>

#include "comm/communicator.h"
#include "trainer/data/dataset.h"
#include "trainer/loop/early_stopping.h"
#include "trainer/models/model.h"

namespace greentrain {

/// Sum of the cross entropy over a batch's samples (natural logarithm; for text the mean over a
/// sample's tokens), as a differentiable scalar.
at::Tensor summed_loss(const at::Tensor& logits, const Batch& batch);

/// Measures a model on part of the data, shared out over the ranks: each sample once.
class Evaluator {
 public:
  Evaluator(Communicator& comm, Model& model, const Dataset& data, std::int64_t batch_size,
            const std::atomic<bool>& stop_requested);

  /// Given up, on every rank, when one is asked to stop meanwhile: then there is no result.
  /// Collective.
  std::optional<Evaluation> evaluate(std::span<const std::int64_t> indices);

 private:
  Communicator& comm_;
  Model& model_;
  const Dataset& data_;
  std::int64_t batch_size_;  ///< Samples per forward pass of one rank.
  const std::atomic<bool>& stop_requested_;
};

}  // namespace greentrain
