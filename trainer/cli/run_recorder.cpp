#include "trainer/cli/run_recorder.h"

#include "trainer/run/launcher.h"

namespace greentrain {

RunRecorder::RunRecorder(const std::filesystem::path& metrics, ProgressLine& progress,
                         const Clock& clock, Clock::Instant started_at)
    : metrics_(metrics), progress_(progress), clock_(clock), started_at_(started_at) {}

void RunRecorder::step_done(const StepStatus& status) {
  if (status.step == 1) time_to_first_step_ = time_since_launch();
  ProgressPoint point;
  point.step = status.step;
  point.planned_steps = status.planned_steps;
  point.epoch = status.epoch;
  point.epochs = status.epochs;
  point.samples_seen = status.samples_seen;
  point.loss = status.loss;
  if (status.joules.value > 0) {
    point.joules = status.joules;
    point.power = status.power;
  }
  progress_.update(point);
}

void RunRecorder::evaluated(const StepStatus& status, const Evaluation& validation, bool) {
  MetricsPoint point;
  point.step = status.step;
  point.epoch = status.epoch;
  point.samples_seen = status.samples_seen;
  point.time = elapsed();
  point.loss = status.loss;
  point.validation_loss = validation.loss;
  point.validation_accuracy = validation.accuracy;
  point.learning_rate = status.learning_rate;
  point.samples_per_s = progress_.samples_per_s();
  if (status.joules.value > 0) {
    point.power = status.power;
    point.joules = status.joules;
  }
  metrics_.write(point);
}

}  // namespace greentrain
