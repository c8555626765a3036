#include "trainer/loop/trainer.h"

#include <algorithm>
#include <cmath>

#include <ATen/Context.h>
#include <fmt/format.h>

#include "comm/rank_errors.h"
#include "trainer/data/counter_random.h"
#include "trainer/data/order.h"
#include "trainer/loop/device.h"
#include "trainer/loop/tensor_exchange.h"

namespace greentrain {

std::string to_string(StoppedBy reason) {
  switch (reason) {
    case StoppedBy::Epochs:
      return "epochs";
    case StoppedBy::MaxSteps:
      return "max_steps";
    case StoppedBy::EarlyStopping:
      return "early_stopping";
    case StoppedBy::Signal:
      return "signal";
  }
  return "";
}

Trainer::Trainer(const TrainOptions& options, std::uint64_t seed, const Parts& parts)
    : options_(options),
      seed_(seed),
      parts_(parts),
      schedule_(parts.split.train, options.batch_size, seed),
      parameters_(parts.model),
      optimizer_(make_optimizer(options.optimizer)),
      learning_rate_(options.schedule, options.learning_rate),
      evaluator_(parts.comm, parts.model, parts.data, options.batch_size, parts.stop_requested),
      early_stopping_(options.early_stopping) {
  StepStatus& status = outcome_.last;
  status.epochs = options.epochs;
  status.planned_steps = schedule_.steps_per_epoch() * options.epochs;
  if (options.max_steps > 0) {
    status.planned_steps = std::min(status.planned_steps, options.max_steps);
  }
}

TrainOutcome Trainer::run() {
  start_from_rank_0();
  if (!parts_.split.validation.empty()) {
    parts_.phases.enter(Phase::Evaluation);
    outcome_.initial_validation = evaluator_.evaluate(parts_.split.validation);
  }
  while (!finished()) {
    step();
    if (evaluation_due()) check_progress();
  }
  finish();
  return outcome_;
}

void Trainer::step() {
  StepStatus& status = outcome_.last;
  parts_.phases.enter(Phase::Data);
  const Batch batch = next_batch();
  double loss_sum = 0;

  seed_dropout();
  parameters_.zero_gradients();
  if (batch.samples > 0) {
    parts_.phases.enter(Phase::Forward);
    const at::Tensor loss = summed_loss(parts_.model.forward(batch.inputs), batch);
    parts_.phases.enter(Phase::Backward);
    (loss / static_cast<double>(batch_samples_)).backward();
    loss_sum = loss.item<double>();
  }

  parts_.phases.enter(Phase::Exchange);
  sum_over_ranks(parts_.comm, parameters_.gradients());
  const ControlVote agreed = vote(loss_sum, batch.samples);

  parts_.phases.enter(Phase::Update);
  status.learning_rate = learning_rate_.at(status.step, status.planned_steps);
  optimizer_->step(parameters_, status.learning_rate);

  ++status.step;
  status.epoch = schedule_.epoch_of(status.step - 1) + 1;
  status.samples_seen += agreed.samples;
  status.loss = agreed.mean_loss();
  status.joules = agreed.joules;
  status.power = agreed.power;
  parts_.observer.step_done(status);
}

// Dropout draws from torch's generator: started anew for each step and rank, so that it is a
// function of the seed and of nothing that happened before.
void Trainer::seed_dropout() {
  CounterRandom random(seed_, RandomPurpose::Dropout,
                       static_cast<std::uint64_t>(outcome_.last.step));
  std::uint64_t seed = 0;
  for (int rank = 0; rank <= parts_.comm.rank(); ++rank) seed = random.next();
  at::manual_seed(seed);
}

Batch Trainer::next_batch() {
  const auto global = schedule_.batch(outcome_.last.step);
  batch_samples_ = std::ssize(global);
  const auto mine = rank_slice(global, parts_.comm.rank(), parts_.comm.size());
  return to_device(parts_.data.gather(mine), device_of(parts_.model));
}

ControlVote Trainer::vote(double loss_sum, std::int64_t samples) {
  ControlVote mine;
  mine.non_finite = !std::isfinite(loss_sum);
  mine.stop = parts_.stop_requested.load();
  mine.loss_sum = loss_sum;
  mine.samples = samples;
  if (parts_.meter != nullptr) {
    mine.joules = parts_.meter->so_far();
    mine.power = parts_.meter->power();
  }
  const ControlVote agreed = agree(parts_.comm, mine);
  if (agreed.non_finite) {
    throw SharedError(fmt::format(
        "Step {}: the loss is no longer a finite number. Expected a finite loss; a lower "
        "train.learning_rate (now {}) or a look at the data usually mends it.",
        outcome_.last.step + 1, options_.learning_rate));
  }
  stop_voted_ = agreed.stop;
  return agreed;
}

bool Trainer::finished() {
  const StepStatus& status = outcome_.last;
  if (stop_voted_) {
    outcome_.stopped_by = StoppedBy::Signal;
  } else if (early_stopping_.should_stop()) {
    outcome_.stopped_by = StoppedBy::EarlyStopping;
  } else if (status.step == status.planned_steps) {
    const bool cut = status.step < schedule_.steps_per_epoch() * options_.epochs;
    outcome_.stopped_by = cut ? StoppedBy::MaxSteps : StoppedBy::Epochs;
  } else {
    return false;
  }
  return true;
}

bool Trainer::evaluation_due() const {
  const StepStatus& status = outcome_.last;
  if (parts_.split.validation.empty() || stop_voted_) return false;
  const std::int64_t every =
      options_.evaluate_every > 0 ? options_.evaluate_every : schedule_.steps_per_epoch();
  return status.step % every == 0 || status.step == status.planned_steps;
}

void Trainer::check_progress() {
  parts_.phases.enter(Phase::Evaluation);
  share_buffers();
  const auto validation = evaluator_.evaluate(parts_.split.validation);
  if (!validation) {
    stop_voted_ = true;
    return;
  }
  const bool best = early_stopping_.observe(*validation);
  if (best) {
    outcome_.best_validation = validation;
    outcome_.best_step = outcome_.last.step;
    best_weights_.take(parts_.model);
  }
  parts_.observer.evaluated(outcome_.last, *validation, best);
}

void Trainer::finish() {
  parts_.phases.enter(Phase::Checkpoint);
  share_buffers();
  outcome_.weights_sha256 = agreed_weights_sha256();
  if (outcome_.best_validation) {
    best_weights_.restore(parts_.model);
    outcome_.best_weights_sha256 = agreed_weights_sha256();
  } else {
    outcome_.best_step = outcome_.last.step;
    outcome_.best_weights_sha256 = outcome_.weights_sha256;
  }
  if (!parts_.split.test.empty() && outcome_.stopped_by != StoppedBy::Signal) {
    parts_.phases.enter(Phase::Evaluation);
    outcome_.test = evaluator_.evaluate(parts_.split.test);
  }
  parts_.phases.enter(Phase::Idle);
}

void Trainer::start_from_rank_0() {
  broadcast_from_rank_0(parts_.comm, parameters_.values());
  share_buffers();
}

// Running statistics of batch normalisation are of a rank's own samples: rank 0's hold for all.
void Trainer::share_buffers() {
  for (const at::Tensor& buffer : parts_.model.buffers()) {
    broadcast_from_rank_0(parts_.comm, buffer);
  }
}

std::string Trainer::agreed_weights_sha256() {
  const std::string mine = weights_sha256(parts_.model);
  const auto all = all_gather_text(parts_.comm, mine);
  for (std::size_t rank = 1; rank < all.size(); ++rank) {
    if (all[rank] == all[0]) continue;
    throw SharedError(
        fmt::format("Rank {} holds other weights than rank 0 (SHA-256 {} and {}). Expected "
                    "the same on every rank: do the hosts run the same greentrain and libtorch?",
                    rank, all[rank], all[0]));
  }
  return mine;
}

}  // namespace greentrain
