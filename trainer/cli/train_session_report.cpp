// What TrainSession reports when training is over.
#include <cmath>

#include <fmt/chrono.h>
#include <torch/version.h>

#include "comm/mpi_runtime.h"
#include "trainer/cli/mkl/code_path.h"
#include "trainer/cli/run_data.h"
#include "trainer/cli/train_session.h"

namespace greentrain {
namespace {

std::string utc_text(std::chrono::system_clock::time_point date) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(date));
}

RunResult result_of(const TrainOutcome& outcome) {
  RunResult result;
  if (outcome.test) {
    result.test_accuracy = outcome.test->value("accuracy");
    result.test_loss = outcome.test->loss;
    result.test_metrics = outcome.test->metrics;
  }
  if (outcome.best_validation) {
    result.validation_accuracy = outcome.best_validation->value("accuracy");
    result.validation_loss = outcome.best_validation->loss;
    result.validation_metrics = outcome.best_validation->metrics;
  }
  if (outcome.initial_validation) {
    result.initial_validation_loss = outcome.initial_validation->loss;
  }
  result.steps = outcome.last.step;
  result.epochs = outcome.last.epoch;
  result.samples_seen = outcome.last.samples_seen;
  result.stopped_by = to_string(outcome.stopped_by);
  if (outcome.early_stop) {
    result.stopping_rule = to_string(outcome.early_stop->rule);
    result.stopping_reason = outcome.early_stop->reason;
  }
  result.best_step = outcome.best_step;
  result.weights_sha256 = outcome.weights_sha256;
  result.best_weights_sha256 = outcome.best_weights_sha256;
  return result;
}

RunTime time_of(const PhaseSeconds& phases) {
  const auto in = [&](Phase phase) { return phases[static_cast<std::size_t>(phase)]; };
  RunTime time;
  time.phases = phases;
  for (const Seconds seconds : phases) time.total += seconds;
  for (const Phase phase : {Phase::Data, Phase::Forward, Phase::Backward, Phase::Exchange,
                            Phase::Update, Phase::Wait}) {
    time.train += in(phase);
  }
  time.evaluation = in(Phase::Evaluation);
  return time;
}

}  // namespace

RunReport TrainSession::make_report(const TrainOutcome& outcome) {
  RunReport report;
  report.name = config().run.name;
  report.energy = meter_->stop();
  if (carbon_) report.carbon = carbon_of(report.energy.total, carbon_->value, carbon_->source);
  report.result = result_of(outcome);
  report.result.parameters = parameter_count(*model_);
  if (!config().train.early_stopping.restore_best) report.result.weights = "last";
  if (meter_->failure()) report.result.stopped_by = "meter";
  report.time = time_of(stopwatch_.phases.totals());
  report.time.started_at = utc_text(stopwatch_.start_date);
  report.time.to_first_step = time_to_first_step_;
  if (outcome.stopped_by == StoppedBy::EarlyStopping) {
    report.early_stopping =
        estimate_saving(outcome.last.planned_steps, outcome.last.step, report.energy);
  }
  report.data = gather_data_use(comm_, *data_, outcome.waited_for_data, report.time.train);
  report.pruning = samples_saved(outcome, report.energy);
  if (plan_) report.plan = finish_plan();
  const auto waiting = gather_waiting(outcome.waited);
  if (!gpu_connection_) {  // What a GPU waits for is not known.
    report.waiting = waiting_cost(waiting, report.time.total, report.energy.total);
  }
  if (outcome.wasted.all() > 0) {
    report.wasted =
        with_joules({outcome.wasted.skipped, outcome.wasted.undone, outcome.wasted.rollbacks},
                    outcome.last.step, report.energy);
  }
  report.target = target_->report();
  report.provenance = provenance();
  return report;
}

/// By pruning, epoch by epoch, and by data.fraction, in every epoch.
std::optional<PruningSaving> TrainSession::samples_saved(const TrainOutcome& outcome,
                                                         const EnergyReport& energy) const {
  const std::int64_t visited = outcome.last.samples_seen;
  std::int64_t left_out = outcome.samples_left_out;
  std::string method(enum_name(config().data.pruning.method));
  if (split_.unused > 0) {
    if (left_out == 0) method.clear();
    method += (method.empty() ? "" : " and ") + std::string("fraction");
    const double epochs =
        static_cast<double>(visited + left_out) / static_cast<double>(std::ssize(split_.train));
    left_out += std::llround(static_cast<double>(split_.unused) * epochs);
  }
  return pruning_saving(std::move(method), left_out, visited, energy);
}

std::vector<RankWaiting> TrainSession::gather_waiting(const RankWaiting& waited) {
  const std::vector<double> mine{waited.exchange.count(), waited.update.count(),
                                 waited.evaluation.count()};
  std::vector<double> all(mine.size() * static_cast<std::size_t>(comm_.size()));
  comm_.all_gather(ConstBufferView::of<double>(mine), BufferView::of<double>(all));
  std::vector<RankWaiting> by_rank;
  for (std::size_t i = 0; i < all.size(); i += mine.size()) {
    by_rank.push_back({Seconds{all[i]}, Seconds{all[i + 1]}, Seconds{all[i + 2]}});
  }
  return by_rank;
}

Provenance TrainSession::provenance() const {
  Provenance result = local_provenance();
  result.torch_version = TORCH_VERSION;
  result.mkl = mkl_code_path();
  result.exchange = exchange_text();
  if (comm_.size() > 1) result.mpi = mpi_library();
  result.devices = devices_;
  result.ranks = comm_.size();
  result.threads_per_rank = binding_.threads;
  result.hosts = hosts_;
  result.data_name = data_->info().name;
  result.data_sha256 = data_->info().sha256;
  result.config_sha256 = config_sha256(loaded_.settings);
  result.command_line = arguments_.command_line;
  return result;
}

}  // namespace greentrain
