#include "trainer/loop/trainer.h"

#include <algorithm>
#include <cmath>

#include <ATen/ops/isfinite.h>
#include <fmt/format.h>

#include "comm/rank_errors.h"
#include "trainer/loop/device.h"
#include "trainer/loop/free_memory.h"
#include "trainer/loop/tensor_exchange.h"
#include "trainer/models/layers.h"

namespace greentrain {

namespace {

WatchedMetric watched_metric(const EarlyStoppingOptions& options) {
  const auto metric = parse_metric(monitored_metric(options.monitor));
  return {options.monitor, metric && should_rise(metric->kind)};
}

// What is not defined on these samples is not a number.
double value_of(const Evaluation& evaluation, const std::string& monitor) {
  return evaluation.value(monitored_metric(monitor)).value_or(std::nan(""));
}

}  // namespace

Trainer::Trainer(const TrainOptions& options, std::uint64_t seed, const Parts& parts)
    : options_(options),
      seed_(seed),
      parts_(parts),
      learning_rate_(options.schedule, options.learning_rate),
      evaluator_(parts.comm, parts.model, parts.data, parts.measure, parts.shares,
                 options.batch_size, options.precision, parts.stop_requested),
      early_stopping_(options.early_stopping, watched_metric(options.early_stopping)),
      precision_(options.precision, device_of(parts.model).type()),
      guards_(options.guards) {
  if (options.precision == Precision::Float16) loss_scale_.emplace(options.loss_scale);
  outcome_.last.epochs = options.epochs;
  plan_steps();
}

Trainer::~Trainer() { parts_.model.before_layers({}); }

TrainOutcome Trainer::run() {
  start_from_rank_0();
  if (!parts_.split.validation.empty()) {
    parts_.phases.enter(Phase::Evaluation);
    outcome_.initial_validation = evaluator_.evaluate(parts_.split.validation);
  }
  while (!finished()) {
    step();
    if (evaluation_due()) check_progress();
    if (agreed_.pause && !finished()) hold();
  }
  finish();
  return outcome_;
}

// All ranks sleep and vote in turn until none asks for a pause any more.
void Trainer::hold() {
  StepStatus& status = outcome_.last;
  common_vote(/*paused=*/false);  // The time up to now was none of the pause.
  parts_.phases.enter(Phase::Idle);
  do {
    parts_.nap();
    Record votes = to_record(common_vote(/*paused=*/true));
    parts_.comm.reduce_record(votes, combine_votes);
    agreed_ = to_vote(votes);
    status.joules = agreed_.joules;
    status.power = agreed_.power;
    parts_.observer.paused(status);
  } while (agreed_.pause && !agreed_.plan_stop && !agreed_.stop);
  stop_voted_ = agreed_.stop;
}

bool Trainer::finished() {
  const StepStatus& status = outcome_.last;
  if (stop_voted_) {
    outcome_.stopped_by = StoppedBy::Signal;
  } else if (agreed_.plan_stop) {
    outcome_.stopped_by = StoppedBy::Plan;
  } else if (parts_.feed.is_over()) {
    outcome_.stopped_by = StoppedBy::Epochs;
  } else if (status.step == options_.max_steps && status.step > 0) {
    outcome_.stopped_by = StoppedBy::MaxSteps;
  } else if (early_stopping_.stop()) {
    outcome_.stopped_by = StoppedBy::EarlyStopping;
    outcome_.early_stop = early_stopping_.stop();
  } else {
    return false;
  }
  return true;
}

bool Trainer::evaluation_due() const {
  const StepStatus& status = outcome_.last;
  if (parts_.split.validation.empty() || stop_voted_) return false;
  if (parts_.feed.is_over() || status.step == options_.max_steps) return true;
  return options_.evaluate_every > 0 ? status.step % options_.evaluate_every == 0
                                     : parts_.feed.epoch_is_over();
}

void Trainer::check_progress() {
  parts_.phases.enter(Phase::Evaluation);
  update_->settle();
  update_->swap_average();
  const auto validation = evaluator_.evaluate(parts_.split.validation);
  if (validation) {
    judge(*validation);
  } else {
    stop_voted_ = true;
  }
  update_->swap_average();
}

void Trainer::judge(const Evaluation& validation) {
  learning_rate_.observe(validation.loss);
  const bool best = observe(validation);
  if (best || !options_.early_stopping.restore_best) {
    outcome_.best_validation = validation;
    outcome_.best_step = outcome_.last.step;
  }
  if (best && options_.early_stopping.restore_best) best_weights_.take(parts_.model);
  parts_.observer.evaluated(outcome_.last, validation, best);
  if (early_stopping_.target_step() == outcome_.last.step) {
    parts_.observer.target_reached(outcome_.last);
  }
}

// True when it is the best so far.
bool Trainer::observe(const Evaluation& validation) {
  const StepStatus& status = outcome_.last;
  Check check{status.step, status.planned_steps,
              value_of(validation, options_.early_stopping.monitor), std::nullopt};
  if (status.joules > Joules{0}) check.joules = status.joules;
  if (!early_stopping_.reads_joules()) return early_stopping_.observe(check);
  check.joules = parts_.decisions.joules(check.step, check.joules);
  const bool best = early_stopping_.observe(check);
  parts_.decisions.decided(
      {check.step, "early_stopping", check.joules, early_stopping_.stop().has_value()});
  return best;
}

void Trainer::finish() {
  parts_.phases.enter(Phase::Checkpoint);
  update_->settle();
  outcome_.weights_sha256 = agreed_weights_sha256();
  if (!keeps_best() && !outcome_.early_stop) check_last_weights();
  if (!keeps_best()) update_->swap_average();  // The averaged weights are the last ones, too.
  hooks_.reset();
  parts_.model.before_layers({});
  update_.reset();              // The optimizer's memory is that of a copy of the weights, or more.
  parts_.parameters.release();  // From here on every rank has its own.
  widen_parameters(parts_.model);
  if (keeps_best()) {
    best_weights_.restore(parts_.model);
    outcome_.best_weights_sha256 = agreed_weights_sha256();
  } else {
    keep_last_weights();
  }
  if (!parts_.split.test.empty() && outcome_.stopped_by != StoppedBy::Signal) {
    parts_.phases.enter(Phase::Evaluation);
    outcome_.test = evaluator_.evaluate(parts_.split.test);
  }
  outcome_.waited.evaluation = evaluator_.waited();
  outcome_.waited_for_data = parts_.feed.waited();
  outcome_.samples_left_out = parts_.feed.samples_left_out();
  parts_.phases.enter(Phase::Idle);
}

// Of the last update no later loss tells what it did. All ranks have the same weights.
void Trainer::check_last_weights() const {
  for (const auto& parameter : parts_.model.named_parameters()) {
    if (at::isfinite(parameter.value().detach()).all().item<bool>()) continue;
    throw SharedError(fmt::format(
        "After step {}, the last one, {} holds what is no finite number: its gradient did not, or "
        "the learning rate is too high (now {}). No weights are written; train.guards.non_finite: "
        "skip also looks at gradients.",
        outcome_.last.step, parameter.key(), outcome_.last.learning_rate));
  }
}

bool Trainer::keeps_best() const {
  return options_.early_stopping.restore_best && outcome_.best_validation.has_value();
}

void Trainer::keep_last_weights() {
  // After a signal they may not have been evaluated.
  if (outcome_.best_step != outcome_.last.step) outcome_.best_validation.reset();
  outcome_.best_step = outcome_.last.step;
  outcome_.best_weights_sha256 = agreed_weights_sha256();
}

void Trainer::start_from_rank_0() {
  for (const auto& [name, tensor] : named_tensors(parts_.model)) {
    broadcast_from_rank_0(parts_.comm, tensor.detach());
  }
  update_ = parts_.make_update(step_judge());
  return_free_memory();  // The first weights, which the exchange now holds.
  hooks_ = std::make_unique<GradientHooks>(
      parts_.parameters, update_->gradients(),
      [this](std::size_t tensor) { update_->parameter_ready(tensor); }, parts_.shares.count,
      parts_.clock);
  if (update_->prefetches()) prefetch_parameters();
}

// Each layer's forward waits for its own parameters of the last update, not for all.
void Trainer::prefetch_parameters() {
  std::vector<std::vector<std::size_t>> tensors;
  for (const auto& layer : parts_.model.layers()) {
    tensors.push_back(parts_.parameters.tensors_of(*layer));
  }
  parts_.model.before_layers([this, tensors = std::move(tensors)](std::size_t layer) {
    update_->before_layer(tensors[layer]);
  });
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
