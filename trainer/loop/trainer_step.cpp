// One step of the trainer: from a batch to new weights.
#include <algorithm>
#include <cmath>
#include <span>

#include <ATen/Context.h>
#include <fmt/format.h>

#include "comm/fold.h"
#include "comm/rank_errors.h"
#include "trainer/data/counter_random.h"
#include "trainer/loop/device.h"
#include "trainer/loop/sample_losses.h"
#include "trainer/loop/trainer.h"

namespace greentrain {
namespace {

// Along tree_split(), so that it is a part of the sum over all ranks.
double tree_sum(std::span<const double> values) {
  if (values.size() == 1) return values.front();
  const std::size_t half = tree_split(values.size());
  return tree_sum(values.first(half)) + tree_sum(values.subspan(half));
}

}  // namespace

void Trainer::step() {
  StepStatus& status = outcome_.last;
  parts_.phases.enter(Phase::Data);
  const std::int64_t global_batch = parts_.feed.begin_step();
  plan_steps();
  status.learning_rate = learning_rate();
  my_samples_ = 0;
  losses_.assign(static_cast<std::size_t>(parts_.shares.count), at::Tensor());
  const auto shares_with_samples = std::min<std::int64_t>(global_batch, parts_.shares.total);
  if (guards_.snapshot_due()) update_->take_snapshot();
  update_->begin_step({status.learning_rate, static_cast<int>(shares_with_samples),
                       loss_scale_ ? loss_scale_->value() : 1});
  for (int micro_batch = 0; micro_batch < parts_.shares.count; ++micro_batch) {
    compute(global_batch, micro_batch);
  }

  parts_.phases.enter(Phase::Exchange);
  const Seconds waited_before = update_->waited();
  update_->finish_exchange();
  parts_.phases.enter(Phase::Update);
  const Seconds waited_for_gradients = update_->waited();
  update_->finish_update();
  const Seconds waited_for_weights = update_->waited() - waited_for_gradients;
  outcome_.waited.exchange += waited_for_gradients - waited_before;
  outcome_.waited.update += waited_for_weights;
  parts_.phases.move(Phase::Exchange, Phase::Wait, waited_for_gradients - waited_before);
  parts_.phases.move(Phase::Update, Phase::Wait, waited_for_weights);
  if (!tuned_ && hooks_->times_are_known()) {
    tuned_ = true;
    update_->tune(hooks_->ready_seconds());
  }
  conclude_step();
  record_step();
}

// Forward and backward of one micro-batch. In the last one's backward the exchange sums what all
// ranks have, and the optimizer updates it.
void Trainer::compute(std::int64_t global_batch, int micro_batch) {
  const int share = parts_.shares.first + micro_batch;
  parts_.phases.enter(Phase::Data);
  const Batch& read = parts_.feed.next();
  const std::int64_t readable = count_readable(read);
  const Batch batch = to_device(read, device_of(parts_.model));
  at::Tensor loss;
  if (batch.samples > 0) {
    seed_dropout(share);
    parts_.phases.enter(Phase::Forward);
    loss = loss_of(batch);
    losses_[static_cast<std::size_t>(micro_batch)] = loss.detach();
    my_samples_ += readable;
  }

  parts_.phases.enter(Phase::Backward);
  update_->settle();  // Hooks also write gradients of what no layer asked for.
  if (micro_batch == parts_.shares.count - 1) {
    update_->begin_exchange([this] { return to_record(vote()); }, combine_votes);
  }
  const bool some = loss.defined();
  hooks_->begin(micro_batch, some ? GradientHooks::Samples::Some : GradientHooks::Samples::None);
  if (some) {
    const at::Tensor mean = loss / static_cast<double>(global_batch);
    (loss_scale_ ? mean * loss_scale_->value() : mean).backward();
  }
  hooks_->end();
}

// Sum over the batch's samples, weighed. By sample only where somebody asks for that.
at::Tensor Trainer::loss_of(const Batch& batch) {
  const Loss& loss = parts_.measure.loss();
  const at::Tensor outputs = precision_.logits(parts_.model, batch.inputs);
  if (!parts_.feed.learns() && is_plain(batch)) return loss.summed(outputs, batch);
  const at::Tensor losses = sample_losses(loss, outputs, batch);
  if (parts_.feed.learns()) {
    const bool all = !batch.weights.defined();  // What could not be read has no loss to learn from.
    parts_.feed.learn(all ? losses : losses.masked_fill(batch.weights.eq(0), std::nan("")));
  }
  return batch.weights.defined() ? (losses * batch.weights).sum() : losses.sum();
}

void Trainer::plan_steps() {
  std::int64_t& planned = outcome_.last.planned_steps;
  planned = parts_.feed.planned_steps();
  if (options_.max_steps > 0) planned = std::min(planned, options_.max_steps);
}

// A function of how far the run is: epochs that leave samples out keep the schedule's shape.
double Trainer::learning_rate() const {
  const Progress nearest = nearest_end({outcome_.last.step, options_.max_steps},
                                       {parts_.feed.full_step(), parts_.feed.full_steps()});
  return learning_rate_.at(nearest.done, nearest.all);
}

// Dropout draws from torch's generator: started anew for each step and share, so that it is a
// function of the seed and of nothing that happened before.
void Trainer::seed_dropout(int share) {
  CounterRandom random(seed_, RandomPurpose::Dropout,
                       static_cast<std::uint64_t>(outcome_.last.step));
  std::uint64_t seed = 0;
  for (int i = 0; i <= share; ++i) seed = random.next();
  at::manual_seed(seed);
}

ControlVote Trainer::vote() const {
  ControlVote mine = common_vote(/*paused=*/false);
  std::vector<double> losses;
  for (const at::Tensor& loss : losses_) {
    losses.push_back(loss.defined() ? loss.item<double>() : 0);  // Waits for a GPU.
  }
  mine.loss_sum = tree_sum(losses);
  mine.non_finite = !std::isfinite(mine.loss_sum);
  mine.samples = my_samples_;
  return mine;
}

// What a rank says in a step and in a pause alike.
ControlVote Trainer::common_vote(bool paused) const {
  ControlVote mine;
  mine.stop = parts_.stop_requested.load();
  if (parts_.meter != nullptr) {
    mine.joules = parts_.meter->so_far();
    mine.power = parts_.meter->power();
    mine.stop = mine.stop || parts_.meter->failed();
  }
  if (parts_.adviser != nullptr) {
    const StepStatus& last = outcome_.last;
    const Order order =
        parts_.adviser->advise({last.step, last.planned_steps, last.joules, paused}).order;
    mine.pause = order == Order::Pause;
    mine.plan_stop = order == Order::Stop;
  }
  return mine;
}

// What the ranks agree on decides: the votes before the first weight is written, the norm of all
// gradients after backward. So every rank comes to the same verdict.
StepJudge Trainer::step_judge() {
  StepJudge judge;
  judge.may_update = [this](const Record& votes) {
    agreed_ = to_vote(votes);
    norm_.reset();
    verdict_ = agreed_.samples > 0 ? guards_.judge_loss(agreed_.mean_loss()) : StepVerdict{};
    return verdict_.action == StepAction::Accept;
  };
  if (loss_scale_ || guards_.wants_norm()) {
    judge.accepts_norm = [this](double norm) { return accepts_norm(norm); };
  }
  return judge;
}

bool Trainer::accepts_norm(double norm) {
  norm_ = norm;
  if (loss_scale_ && !std::isfinite(norm) && !loss_scale_->exhausted()) {
    verdict_ = {StepAction::Overflow, "gradients overflowed in fp16"};
  } else {
    verdict_ = guards_.judge_norm(norm);
  }
  return verdict_.action == StepAction::Accept;
}

void Trainer::conclude_step() {
  StepStatus& status = outcome_.last;
  status.gradient_norm = norm_;
  if (loss_scale_) {
    status.loss_scale = loss_scale_->value();
    // A step that is passed over for a finite loss says nothing of the scale.
    const bool overflow = norm_ ? !std::isfinite(*norm_) : !std::isfinite(agreed_.loss_sum);
    if (norm_ || overflow) loss_scale_->update(overflow);
  }
  if (agreed_.samples > 0) {  // Else none of them could be read, and there is no loss.
    verdict_ = guards_.conclude(std::move(verdict_), agreed_.mean_loss(), norm_);
  }
  if (verdict_.action == StepAction::Stop) give_up(verdict_.reason);
  if (verdict_.action == StepAction::Rollback) update_->restore_snapshot();
  precision_.forget_casts();
  status.passed_over = verdict_.reason;
  outcome_.wasted = guards_.wasted();
}

void Trainer::give_up(const std::string& reason) const {
  const std::int64_t step = outcome_.last.step + 1;
  if (step == 1) {
    throw SharedError(fmt::format(
        "Step 1: {} before any weight was changed, so the learning rate is not the cause. Expected "
        "a finite loss; look for very large values in the data (data.standardize scales them){}.",
        reason,
        options_.precision == Precision::Float16 ? ", or try train.precision: bf16, which has the "
                                                   "range of float32"
                                                 : ""));
  }
  throw SharedError(fmt::format(
      "Step {}: {}. Expected finite numbers near those before; a lower train.learning_rate (now "
      "{}), train.optimizer.clip_norm, train.guards or a look at the data usually mends it.",
      step, reason, options_.learning_rate));
}

void Trainer::record_step() {
  StepStatus& status = outcome_.last;
  stop_voted_ = agreed_.stop;
  ++status.step;
  status.epoch = parts_.feed.epoch() + 1;
  status.samples_seen += agreed_.samples;
  status.loss = agreed_.mean_loss();
  status.joules = agreed_.joules;
  status.power = agreed_.power;
  parts_.observer.step_done(status);
}

}  // namespace greentrain
