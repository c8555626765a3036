#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "comm/binding.h"
#include "comm/exchange/make_exchange.h"
#include "comm/launch.h"
#include "comm/watch/watched_communicator.h"
#include "comm/world.h"
#include "core/clock.h"
#include "core/environment.h"
#include "core/file.h"
#include "core/terminal.h"
#include "meter/device_phases.h"
#include "meter/phase_timer.h"
#include "meter/sensors.h"
#include "scheduler/carbon/carbon_intensity.h"
#include "scheduler/govern/governed_run.h"
#include "trainer/cli/run_watch.h"
#include "trainer/cli/target_watch.h"
#include "trainer/config.h"
#include "trainer/data/dataset.h"
#include "trainer/data/order.h"
#include "trainer/data/split.h"
#include "trainer/device/gpu_connection.h"
#include "trainer/device/stream_marks.h"
#include "trainer/loop/batch_feed.h"
#include "trainer/loop/device.h"
#include "trainer/loop/trainer.h"
#include "trainer/models/model.h"
#include "trainer/optim/flat_parameters.h"
#include "trainer/run/progress.h"
#include "trainer/run/run_directory.h"
#include "trainer/run/run_meter.h"
#include "trainer/run/run_report.h"

namespace greentrain {

/// What `greentrain config.yaml key=value...` was given.
struct TrainArguments {
  std::string config;
  std::vector<std::string> overrides;
  bool quiet{false};  ///< Only the receipt.
  bool json{false};   ///< Only report.json, on standard output.
  bool plan{false};   ///< Draws the plan in place of training.
  std::vector<std::string> command_line;
  Environment environment;  ///< For the keys of carbon feeds.
};

/// Time since the start of the program, whole and by phase. main() owns it, since the meter's
/// thread may read the clock after the session.
struct Stopwatch {
  SystemClock clock;
  Clock::Instant started_at{clock.now()};
  std::chrono::system_clock::time_point start_date{clock.date()};
  PhaseTimer phases{clock};
};

/// One rank's side of a training run, from the config to the receipt. Every method is collective.
/// Mistakes of the user are found before training and thrown as the same SharedError on all ranks.
class TrainSession {
 public:
  /// `config` is rank 0's, already checked; the others have none and get it from rank 0.
  TrainSession(World& world, const LaunchInfo& launch, Stopwatch& stopwatch,
               const TrainArguments& arguments, const Terminal& terminal,
               const MachineTree& machine, const std::optional<LoadedConfig>& config);
  ~TrainSession();

  void run();

 private:
  void start_meter();
  void read_data();
  void share_batches();
  void build_model();
  void check_precision() const;
  void connect_ranks();
  void check_gpu_connection() const;
  std::unique_ptr<StepUpdate> make_update(StepJudge judge);
  std::optional<std::vector<Decision>> recorded_decisions();
  void open_directory();
  void record_decisions(const std::optional<std::vector<Decision>>& recorded);
  void print_banner() const;
  void start_plan();
  void tell_plan(const std::string& message);
  void pass_a_moment() const;
  TrainOutcome train();
  void publish(const TrainOutcome& outcome);
  std::optional<PruningSaving> samples_saved(const TrainOutcome& outcome,
                                             const EnergyReport& energy) const;
  PlanOutcome finish_plan();
  RunReport make_report(const TrainOutcome& outcome);
  std::vector<RankWaiting> gather_waiting(const RankWaiting& waited);
  std::string exchange_text() const;
  Provenance provenance() const;

  bool is_root() const { return comm_.rank() == 0; }
  const Config& config() const { return loaded_.config; }

  World& world_;
  WatchedCommunicator comm_;
  LaunchInfo launch_;
  MachineTree machine_;
  Stopwatch& stopwatch_;
  TrainArguments arguments_;
  Terminal terminal_;
  LoadedConfig loaded_;
  std::unique_ptr<Communicator> node_;
  Binding binding_;
  std::optional<CarbonIntensity> carbon_;
  std::optional<RunMeter> meter_;
  std::optional<TargetWatch> target_;
  std::unique_ptr<Dataset> data_;
  Split split_;
  std::optional<Measure> measure_;
  std::shared_ptr<Model> model_;
  Shares shares_{};
  std::unique_ptr<BatchFeed> feed_;
  std::optional<FlatParameters> parameters_;
  RankDevice device_;
  ChosenExchange exchange_;                      ///< In the memory of CPUs; or
  std::optional<GpuConnection> gpu_connection_;  ///< in that of GPUs.
  std::vector<std::string> hosts_;               ///< Of all ranks, each once.
  std::vector<std::string> devices_;             ///< Likewise.
  std::optional<RunDirectory> directory_;        ///< Only on rank 0.
  std::optional<DecisionLog> decisions_;
  ProgressLine progress_;               ///< Silent but on rank 0.
  std::optional<AppendFile> plan_log_;  ///< Made with the first decision.
  std::optional<GovernedRun> plan_;     ///< Only on rank 0 of a run that follows a plan.
  std::optional<Seconds> time_to_first_step_;
  RunWatch watch_;  ///< Goes first: from then on the other ranks do not wait for this one.
};

}  // namespace greentrain
