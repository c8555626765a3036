#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "comm/communicator.h"
#include "core/clock.h"
#include "meter/energy_meter.h"
#include "meter/phase_timer.h"
#include "scheduler/govern/run_adviser.h"
#include "trainer/checkpoint/weights.h"
#include "trainer/data/dataset.h"
#include "trainer/data/order.h"
#include "trainer/data/split.h"
#include "trainer/loop/batch_feed.h"
#include "trainer/loop/control_vote.h"
#include "trainer/loop/evaluator.h"
#include "trainer/loop/guards.h"
#include "trainer/loop/loss_scale.h"
#include "trainer/loop/mixed_precision.h"
#include "trainer/loop/train_options.h"
#include "trainer/models/model.h"
#include "trainer/optim/flat_parameters.h"
#include "trainer/optim/gradient_hooks.h"
#include "trainer/optim/learning_rate.h"
#include "trainer/optim/step_update.h"
#include "trainer/run/rank_waiting.h"
#include "trainer/stopping/decision_log.h"
#include "trainer/stopping/early_stopping.h"

namespace greentrain {

enum class StoppedBy { Epochs, MaxSteps, EarlyStopping, Plan, Signal };
std::string to_string(StoppedBy reason);  ///< "epochs", "max_steps", "early_stopping", "plan"...

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

/// The training loop of one rank. Owned by main; called from one thread; every method collective.
class Trainer {
 public:
  /// The way from gradients to parameters, told what to do with the votes. Collective.
  using MakeUpdate = std::function<std::unique_ptr<StepUpdate>(StepJudge judge)>;
  struct Parts {
    Communicator& comm;
    Model& model;  ///< On its device; ends with the best weights, in float32.
    const Dataset& data;
    const Split& split;
    BatchFeed& feed;         ///< Of the training part, for the same shares and epochs.
    const Measure& measure;  ///< Its loss is trained on.
    MakeUpdate make_update;
    FlatParameters& parameters;  ///< Of the model; bound by the update.
    Shares shares;               ///< This rank's pieces of every batch.
    const Clock& clock;
    PhaseTimer& phases;
    const EnergyMeter* meter;  ///< Only on the rank that meters its node.
    const std::atomic<bool>& stop_requested;
    TrainObserver& observer;
    DecisionLog& decisions;
    RunAdviser* adviser{nullptr};  ///< On one rank of a run that follows a plan.
    std::function<void()> nap{};   ///< How each rank passes a moment of a pause.
  };

  Trainer(const TrainOptions& options, std::uint64_t seed, const Parts& parts);

  /// Trains until something stops it. Throws SharedError when a guard says stop, or when ranks end
  /// with different weights.
  TrainOutcome run();

 private:
  void start_from_rank_0();
  bool finished();
  void step();
  void compute(std::int64_t global_batch, int micro_batch);
  at::Tensor loss_of(const Batch& batch);
  void plan_steps();
  double learning_rate() const;
  void seed_dropout(int share);
  StepJudge step_judge();
  bool accepts_norm(double norm);
  void conclude_step();
  void record_step();
  [[noreturn]] void give_up(const std::string& reason) const;
  ControlVote vote() const;
  ControlVote common_vote(bool paused) const;
  void hold();
  bool evaluation_due() const;
  void check_progress();
  void judge(const Evaluation& validation);
  bool observe(const Evaluation& validation);
  bool keeps_best() const;
  void keep_last_weights();
  void finish();
  std::string agreed_weights_sha256();

  const TrainOptions& options_;
  std::uint64_t seed_;
  Parts parts_;
  LearningRate learning_rate_;
  Evaluator evaluator_;
  EarlyStopping early_stopping_;
  MixedPrecision precision_;
  std::optional<LossScale> loss_scale_;  ///< fp16 only.
  Guards guards_;
  std::unique_ptr<StepUpdate> update_;    ///< From the moment the parameters are bound.
  std::unique_ptr<GradientHooks> hooks_;  ///< Likewise.
  std::vector<at::Tensor> losses_;        ///< Of this step, summed, by micro-batch with samples.
  std::int64_t my_samples_{0};            ///< Of this step.
  ControlVote agreed_;
  StepVerdict verdict_;         ///< Of this step.
  std::optional<double> norm_;  ///< Likewise.
  bool stop_voted_{false};
  bool tuned_{false};
  WeightsSnapshot best_weights_;
  TrainOutcome outcome_;
};

}  // namespace greentrain
