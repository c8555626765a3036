#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "comm/watch/heart.h"
#include "core/clock.h"
#include "trainer/cli/target_watch.h"
#include "trainer/loop/train_observer.h"
#include "trainer/run/logs/metrics_sink.h"
#include "trainer/run/progress.h"
#include "trainer/run/run_meter.h"

namespace greentrain {

/// Rank 0's observer: shows the progress line and writes the logs.
class RunRecorder final : public TrainObserver {
 public:
  /// Besides evaluations, every `log_every`th step gets a line in the logs; 0: none does.
  RunRecorder(std::vector<std::unique_ptr<MetricsSink>> logs, std::int64_t log_every,
              ProgressLine& progress, const PhaseTimer& phases, const Clock& clock,
              Clock::Instant started_at);

  void step_done(const StepStatus& status) override;
  void evaluated(const StepStatus& status, const Evaluation& validation, bool best) override;
  void target_reached(const StepStatus&) override {}
  void paused(const StepStatus& status) override;

  /// From the start of mpirun to the end of step 1.
  std::optional<Seconds> time_to_first_step() const { return time_to_first_step_; }

 private:
  Seconds elapsed() const { return clock_.now() - started_at_; }
  MetricsPoint point_of(const StepStatus& status) const;
  void log(const MetricsPoint& point);
  PhaseSeconds phases_since_last_line();

  std::vector<std::unique_ptr<MetricsSink>> logs_;
  std::int64_t log_every_;
  ProgressLine& progress_;
  const PhaseTimer& phases_;
  PhaseSeconds last_phases_;
  const Clock& clock_;
  Clock::Instant started_at_;
  std::optional<Seconds> time_to_first_step_;
};

/// The other ranks': does nothing.
class SilentObserver final : public TrainObserver {
 public:
  void step_done(const StepStatus&) override {}
  void evaluated(const StepStatus&, const Evaluation&, bool) override {}
  void target_reached(const StepStatus&) override {}
};

/// Another observer, and a meter whose journal is told of steps and of epochs' ends.
class MeteredObserver final : public TrainObserver {
 public:
  MeteredObserver(TrainObserver& inner, RunMeter& meter) : inner_(inner), meter_(meter) {}
  void step_done(const StepStatus& status) override {
    meter_.step_done(status.step);
    if (status.epoch > epoch_ && epoch_ > 0) meter_.note(RecordReason::Epoch);
    epoch_ = status.epoch;
    inner_.step_done(status);
  }
  void evaluated(const StepStatus& status, const Evaluation& validation, bool best) override {
    inner_.evaluated(status, validation, best);
  }
  void target_reached(const StepStatus& status) override { inner_.target_reached(status); }
  void paused(const StepStatus& status) override { inner_.paused(status); }

 private:
  TrainObserver& inner_;
  RunMeter& meter_;
  std::int64_t epoch_{0};
};

/// Another observer, a heart that is told of the steps, if there is one, and the target's watch.
class WatchedObserver final : public TrainObserver {
 public:
  WatchedObserver(TrainObserver& inner, Heart* heart, TargetWatch& target)
      : inner_(inner), heart_(heart), target_(target) {}
  void step_done(const StepStatus& status) override {
    if (heart_ != nullptr) heart_->steps_done(status.step);
    inner_.step_done(status);
  }
  void evaluated(const StepStatus& status, const Evaluation& validation, bool best) override {
    inner_.evaluated(status, validation, best);
  }
  void target_reached(const StepStatus& status) override {
    target_.reached(status.step);
    inner_.target_reached(status);
  }
  void paused(const StepStatus& status) override { inner_.paused(status); }

 private:
  TrainObserver& inner_;
  Heart* heart_;
  TargetWatch& target_;
};

}  // namespace greentrain
