#pragma once

#include <functional>

#include "comm/communicator.h"

namespace greentrain {

/// Whoever decides, alike on every rank, whether a step may change weights.
struct StepJudge {
  /// All ranks' votes, combined, before the first weight of the step is written.
  std::function<bool(const Record& votes)> may_update;
  /// The norm of all gradients, before any clip; infinite or NaN when one of them is. Where it is
  /// empty, no norm is computed for it.
  std::function<bool(double gradient_norm)> accepts_norm{};
};

/// What a step begins with.
struct StepNumbers {
  double learning_rate;
  int shares;            ///< Micro-batches of all ranks that have samples.
  double loss_scale{1};  ///< By which gradients are too large.
};

}  // namespace greentrain
