#pragma once

#include <cstdint>
#include <optional>

#include "trainer/optim/optim_options.h"

namespace greentrain {

struct Progress {
  std::int64_t done{0};
  std::int64_t all{0};  ///< 0: without end.
};

/// Of two ends of a run, the one that is nearer: so progress never jumps, and reaches 1 at either.
Progress nearest_end(Progress a, Progress b);

/// The learning rate as a function of progress alone - steps done of all steps - so that a shorter
/// run, or shorter epochs, keep the shape. With w = warmup * total, rounded, step s < w runs at
/// peak (s + 1) / (w + 1). After it, with p = (s - w) / (total - w) and f = floor, at peak times
///   constant  1
///   linear    f + (1 - f) (1 - p)
///   cosine    f + (1 - f) (1 + cos(pi p)) / 2 (Loshchilov and Hutter 2017, arXiv 1608.03983, eq.
///   5) warmup_stable_decay  1, and over the last share d = decay of all steps
///             f + (1 - f) (1 - s / total) / d (Hu et al. 2024, arXiv 2404.06395, section 4.2)
///   inverse_sqrt  max(f, sqrt(max(w, 1) / s)) (Vaswani et al. 2017, arXiv 1706.03762, eq. 3)
///   plateau   max(f, factor^k) when the validation loss has stood still k times. It stands still
///             with the patience-th evaluation in a row that is not below 0.9999 of the lowest
///             (torch's ReduceLROnPlateau with patience - 1).
class LearningRate {
 public:
  LearningRate(const ScheduleOptions& options, double peak) : options_(options), peak_(peak) {}
  double at(std::int64_t step, std::int64_t total_steps) const;  ///< Steps count from 0.
  /// The next evaluation; all ranks bring the same.
  void observe(double validation_loss);

 private:
  double share(double done, double warmup, double total) const;

  ScheduleOptions options_;
  double peak_;
  std::optional<double> lowest_;
  std::int64_t standing_still_{0};  ///< Evaluations since the lowest or the last reduction.
  int reductions_{0};
};

}  // namespace greentrain
