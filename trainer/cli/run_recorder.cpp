#include "trainer/cli/run_recorder.h"

#include <utility>

#include "trainer/run/launcher.h"

namespace greentrain {

RunRecorder::RunRecorder(std::vector<std::unique_ptr<MetricsSink>> logs, std::int64_t log_every,
                         ProgressLine& progress, const PhaseTimer& phases, const Clock& clock,
                         Clock::Instant started_at)
    : logs_(std::move(logs)),
      log_every_(log_every),
      progress_(progress),
      phases_(phases),
      last_phases_(phases.totals()),
      clock_(clock),
      started_at_(started_at) {}

void RunRecorder::step_done(const StepStatus& status) {
  if (status.step == 1) time_to_first_step_ = time_since_launch();
  ProgressPoint point;
  point.step = status.step;
  point.planned_steps = status.planned_steps;
  point.epoch = status.epoch;
  point.epochs = status.epochs;
  point.samples_seen = status.samples_seen;
  point.loss = status.loss;
  if (status.joules.value > 0) point.joules = status.joules;
  if (status.power > Watts{}) point.power = status.power;  // Else it is not known yet.
  progress_.update(point);
  const bool due = log_every_ != 0 && status.step % log_every_ == 0;
  if (!due && status.passed_over.empty()) return;
  MetricsPoint line = point_of(status);
  line.gradient_norm = status.gradient_norm;
  line.loss_scale = status.loss_scale;
  line.passed_over = status.passed_over;
  if (due) line.phases = phases_since_last_line();
  log(line);
}

void RunRecorder::evaluated(const StepStatus& status, const Evaluation& validation, bool) {
  MetricsPoint point = point_of(status);
  point.validation_loss = validation.loss;
  point.validation_metrics = validation.metrics;
  log(point);
}

void RunRecorder::log(const MetricsPoint& point) {
  for (const auto& sink : logs_) sink->write(point);
}

void RunRecorder::paused(const StepStatus&) { progress_.interrupt(); }

PhaseSeconds RunRecorder::phases_since_last_line() {
  PhaseSeconds spent = phases_.totals();
  for (std::size_t i = 0; i < spent.size(); ++i) {
    const Seconds until_now = spent[i];
    spent[i] -= last_phases_[i];
    last_phases_[i] = until_now;
  }
  return spent;
}

MetricsPoint RunRecorder::point_of(const StepStatus& status) const {
  MetricsPoint point;
  point.step = status.step;
  point.epoch = status.epoch;
  point.samples_seen = status.samples_seen;
  point.time = elapsed();
  point.loss = status.loss;
  point.learning_rate = status.learning_rate;
  point.samples_per_s = progress_.samples_per_s();
  if (status.joules.value > 0) point.joules = status.joules;
  if (status.power > Watts{}) point.power = status.power;  // Else it is not known yet.
  return point;
}

}  // namespace greentrain
