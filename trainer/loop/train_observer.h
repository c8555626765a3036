#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/units.h"
#include "trainer/loop/evaluator.h"

namespace greentrain {

/// Where the run stands after a step; the same on every rank.
struct StepStatus {
  std::int64_t step{0};           ///< Steps done.
  std::int64_t planned_steps{0};  ///< If later epochs are as long as this one.
  std::int64_t epoch{0};          ///< Counted from 1.
  std::int64_t epochs{0};
  std::int64_t samples_seen{0};
  double loss{0};  ///< Of the step's batch, mean over its samples.
  double learning_rate{0};
  Joules joules;                          ///< All nodes, since the meters started.
  Watts power;                            ///< All nodes.
  std::optional<double> gradient_norm{};  ///< Before the clip; where something asked for it.
  std::optional<double> loss_scale{};     ///< Of the step; fp16 only.
  std::string passed_over{};              ///< Why the step changed no weights, if it did not.
};

/// Told what happens, on every rank; rank 0's shows and records it.
class TrainObserver {
 public:
  virtual ~TrainObserver() = default;
  virtual void step_done(const StepStatus& status) = 0;
  virtual void evaluated(const StepStatus& status, const Evaluation& validation, bool best) = 0;
  /// The first evaluation at the target; all ranks are told at the same place.
  virtual void target_reached(const StepStatus& status) = 0;
  virtual void paused(const StepStatus&) {}  ///< Every second or so of a pause.
};

}  // namespace greentrain
