#pragma once

#include <memory>

#include "trainer/optim/flat_parameters.h"
#include "trainer/optim/optim_options.h"

namespace greentrain {

/// Turns gradients into new values. Holds its running means, so it serves one FlatParameters.
class Optimizer {
 public:
  virtual ~Optimizer() = default;
  /// One update of values() from gradients(), in one fused call.
  virtual void step(FlatParameters& parameters, double learning_rate) = 0;
};

/// sgd: g += weight_decay p; b = momentum b + g (b = g at first); p -= rate b. This is
/// torch.optim.SGD. adamw: torch.optim.AdamW, that is Loshchilov and Hutter 2019
/// (arXiv 1711.05101), algorithm 2, where the decay is rate * weight_decay * p.
std::unique_ptr<Optimizer> make_optimizer(const OptimizerOptions& options);

}  // namespace greentrain
