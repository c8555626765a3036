#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/units.h"
#include "trainer/loop/guards.h"
#include "trainer/loop/train_observer.h"
#include "trainer/run/rank_waiting.h"
#include "trainer/stopping/early_stopping.h"

namespace greentrain {

enum class StoppedBy { Epochs, MaxSteps, EarlyStopping, Plan, Signal };
std::string to_string(StoppedBy reason);  ///< "epochs", "max_steps", "early_stopping", "plan"...

/// How the run ended. Hashes are the same on every rank.
struct TrainOutcome {
  StepStatus last;
  StoppedBy stopped_by{StoppedBy::Epochs};
  std::optional<EarlyStopping::Stop> early_stop;  ///< Why, where early stopping ended it.
  std::optional<Evaluation> initial_validation;
  std::optional<Evaluation> best_validation;
  std::int64_t best_step{0};         ///< Of the weights that were kept.
  std::optional<Evaluation> test;    ///< Read once, with the best weights; none after a signal.
  RankWaiting waited;                ///< Of this rank alone.
  Seconds waited_for_data{0};        ///< Likewise.
  std::int64_t samples_left_out{0};  ///< By pruning, over all ranks.
  WastedSteps wasted;
  std::string weights_sha256;  ///< After the last step.
  std::string best_weights_sha256;
};

}  // namespace greentrain
