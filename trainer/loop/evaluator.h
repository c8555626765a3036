#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "comm/communicator.h"
#include "core/units.h"
#include "trainer/data/dataset.h"
#include "trainer/data/order.h"
#include "trainer/loop/mixed_precision.h"
#include "trainer/metrics/measure.h"
#include "trainer/models/model.h"

namespace greentrain {

/// Measures a model on part of the data, shared out over the ranks: each sample once. Sums follow
/// one tree over the shares, so that they do not depend on which rank has which.
class Evaluator {
 public:
  Evaluator(Communicator& comm, Model& model, const Dataset& data, const Measure& measure,
            Shares shares, std::int64_t batch_size, Precision precision,
            const std::atomic<bool>& stop_requested);

  /// Given up, on every rank, when one is asked to stop meanwhile: then there is no result.
  /// Collective.
  std::optional<Evaluation> evaluate(std::span<const std::int64_t> indices);
  Seconds waited() const { return waited_; }  ///< For the other ranks' sums, so far.

 private:
  /// The measure's, then the samples that cannot be read, and those that are left out.
  using Sums = std::vector<double>;
  Sums measure(std::span<const std::int64_t> indices);
  Sums measure_shares(std::span<const std::int64_t> indices, int first, int count);
  Sums over_ranks(const Sums& mine);

  Communicator& comm_;
  Model& model_;
  const Dataset& data_;
  const Measure& measure_;
  Shares shares_;
  Seconds waited_{0};
  std::int64_t batch_size_;  ///< Samples per forward pass of one rank.
  MixedPrecision precision_;
  const std::atomic<bool>& stop_requested_;
};

}  // namespace greentrain
