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
#include "trainer/loop/train_observer.h"
#include "trainer/loop/train_options.h"
#include "trainer/loop/train_outcome.h"
#include "trainer/models/model.h"
#include "trainer/optim/flat_parameters.h"
#include "trainer/optim/gradient_hooks.h"
#include "trainer/optim/learning_rate.h"
#include "trainer/optim/step_update.h"
#include "trainer/stopping/decision_log.h"
#include "trainer/stopping/early_stopping.h"

namespace greentrain {

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
  ~Trainer();
  Trainer(const Trainer&) = delete;
  Trainer& operator=(const Trainer&) = delete;

  /// Trains until something stops it. Throws SharedError when a guard says stop, or when ranks end
  /// with different weights.
  TrainOutcome run();

 private:
  void start_from_rank_0();
  void prefetch_parameters();
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
  void check_last_weights() const;
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
