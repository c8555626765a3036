#include "trainer/cli/train_session.h"

#include <algorithm>
#include <csignal>
#include <iostream>

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "comm/rank_errors.h"
#include "core/file.h"
#include "core/log.h"
#include "core/text.h"
#include "trainer/checkpoint/weights_file.h"
#include "trainer/cli/first_model.h"
#include "trainer/cli/mkl/code_path.h"
#include "trainer/cli/open_logs.h"
#include "trainer/cli/run_data.h"
#include "trainer/cli/run_recorder.h"
#include "trainer/cli/standard_output.h"
#include "trainer/cli/stop_signals.h"
#include "trainer/cli/trained_model.h"
#include "trainer/data/read_dataset.h"
#include "trainer/loop/batch_shares.h"
#include "trainer/optim/host_update.h"
#include "trainer/run/banner.h"
#include "trainer/run/receipt.h"

namespace greentrain {
namespace {

// Does `work` on every rank. A mistake of the user on any rank becomes the same error on all.
template <class Work>
auto on_every_rank(Communicator& comm, Work work) {
  std::optional<decltype(work())> result;
  std::optional<std::string> problem;
  try {
    result.emplace(work());
  } catch (const UsageError& error) {
    problem = error.what();
  }
  throw_if_any_failed(comm, problem, ExitCode::Usage);
  return std::move(*result);
}

// The texts of all ranks, each once.
std::vector<std::string> different(std::vector<std::string> texts) {
  std::sort(texts.begin(), texts.end());
  texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
  return texts;
}

// Rank 0's settings on every rank; the others lose where each came from.
LoadedConfig share_config(Communicator& comm, const std::optional<LoadedConfig>& mine) {
  const std::string yaml = mine ? resolved_yaml(mine->settings, Origins::Hidden) : "";
  const std::string shared = broadcast_text(comm, yaml, 0);
  return mine ? *mine : parse_config(shared, "rank 0's config");
}

// The ranks that share this machine's cores, also when they act as several nodes.
std::unique_ptr<Communicator> ranks_of_machine(Communicator& comm, const LaunchInfo& launch) {
  if (launch.fake_hosts == 1) return comm.split_by_node();
  const auto hosts = all_gather_text(comm, host_name());
  const auto first = std::find(hosts.begin(), hosts.end(), host_name());
  return comm.split(static_cast<int>(first - hosts.begin()));
}

// The invariant reduction has one thread: several would round sums in another order.
int threads_of(const CommOptions& options) {
  return options.reduction == Reduction::Invariant ? 1 : static_cast<int>(options.threads);
}

// On a GPU, what the host does says little: the phases go by the GPU's own time.
class PhasesOfDevice {
 public:
  PhasesOfDevice(const c10::Device& device, PhaseTimer& timer)
      : timer_(timer), marks_(device), phases_(timer, marks_) {
    if (device.is_cuda()) timer_.follow([this](Phase phase) { phases_.entered(phase); });
  }
  ~PhasesOfDevice() { timer_.follow(nullptr); }
  PhasesOfDevice(const PhasesOfDevice&) = delete;
  PhasesOfDevice& operator=(const PhasesOfDevice&) = delete;

 private:
  PhaseTimer& timer_;
  StreamMarks marks_;
  DevicePhases phases_;
};

}  // namespace

TrainSession::TrainSession(World& world, const LaunchInfo& launch, Stopwatch& stopwatch,
                           const TrainArguments& arguments, const Terminal& terminal,
                           const MachineTree& machine, const std::optional<LoadedConfig>& config)
    : world_(world),
      comm_(world.communicator()),
      launch_(launch),
      machine_(machine),
      stopwatch_(stopwatch),
      arguments_(arguments),
      terminal_(terminal),
      loaded_(share_config(comm_, config)),
      node_(comm_.split_by_node()),
      binding_(find_binding(*ranks_of_machine(comm_, launch), read_cpu_facts(), launch,
                            threads_of(loaded_.config.comm))),
      progress_(std::cout, terminal_, loaded_.config.run.progress_period,
                arguments.quiet || arguments.json || comm_.rank() != 0 ? ProgressLine::Mode::Silent
                                                                       : ProgressLine::Mode::Shown,
                stopwatch.clock),
      watch_(world, *node_, loaded_.config.comm, stopwatch.phases, stopwatch.clock) {
  if (watch_.heart() != nullptr) comm_.set_heart(*watch_.heart());
  at::set_num_threads(binding_.threads);
}

TrainSession::~TrainSession() = default;

void TrainSession::run() {
  start_meter();
  read_data();
  share_batches();
  build_model();
  connect_ranks();
  const auto decisions = recorded_decisions();
  open_directory();
  record_decisions(decisions);
  print_banner();
  start_plan();
  publish(train());
  comm_.barrier();  // Watched to the end: no rank leaves while another may still be lost.
}

void TrainSession::start_meter() {
  on_every_rank(comm_, [&] {
    carbon_ = carbon_intensity(config().carbon);
    return true;
  });
  meter_.emplace(comm_, config().meter, machine_, stopwatch_.phases, stopwatch_.clock);
  target_.emplace(comm_, meter_->meter(), config().train.early_stopping, stopwatch_.clock,
                  stopwatch_.started_at);
}

void TrainSession::read_data() {
  data_ = on_every_rank(comm_, [&] { return read_dataset(config().data); });
  const auto hashes = all_gather_text(comm_, data_->info().sha256);
  const bool differs = data_->info().sha256 != hashes.front();
  throw_if_any_failed(
      comm_,
      differs ? std::optional(fmt::format(
                    "{}: the files differ from rank 0's (SHA-256 {}, there {}); expected the same "
                    "data on every host",
                    data_->info().name, data_->info().sha256, hashes.front()))
              : std::nullopt,
      ExitCode::Usage);
  on_every_rank(comm_, [&] {
    measure_.emplace(config().train.loss, measured_metrics(config().train), data_->info());
    return true;
  });
  split_ = on_every_rank(comm_, [&] { return make_split(config(), *data_); });
}

void TrainSession::share_batches() {
  const std::int64_t samples = std::ssize(split_.train);
  if (samples < comm_.size()) {
    throw SharedError(fmt::format("{} ranks, but only {} training samples: expected at least one "
                                  "sample for each rank; start fewer ranks",
                                  comm_.size(), samples),
                      ExitCode::Usage);
  }
  shares_ = on_every_rank(comm_, [&] {
    return share_batch(comm_.rank(), comm_.size(), config().train, config().comm);
  });
}

void TrainSession::build_model() {
  at::manual_seed(static_cast<std::uint64_t>(config().run.seed));
  on_every_rank(comm_, [&] {  // Rank 0 alone knows the lines of the config.
    if (is_root()) spec_for(config().model, data_->info());
    return true;
  });
  model_ = on_every_rank(
      comm_, [&] { return make_first_model(config().model, data_->info(), is_root()); });
  std::optional<InputStatistics> statistics;
  if (config().data.standardize) {
    statistics = on_every_rank(comm_, [&] { return fit_standardization(*data_, split_.train); });
  }
  if (statistics) model_->set_standardization(statistics->mean, statistics->deviation);
  feed_ = make_feed(comm_, config(), *data_, split_, shares_, statistics);
  const auto machine = ranks_of_machine(comm_, launch_);
  device_ = on_every_rank(comm_, [&] { return resolve_device(config().train.device, *machine); });
  if (device_.gpu) meter_->uses_gpu(device_.gpu->uuid);
  model_->to(device_.device);
  check_precision();
  if (config().train.precision == Precision::Bfloat16Weights) round_parameters(*model_);
  devices_ = different(all_gather_text(comm_, device_.device.str()));
  hosts_ = different(all_gather_text(comm_, host_name()));
}

// What cannot work with this model. All ranks have the same one.
void TrainSession::check_precision() const {
  if (config().train.precision != Precision::Bfloat16Weights) return;
  for (const auto& buffer : model_->named_buffers()) {
    if (!buffer.key().ends_with("running_var")) continue;
    throw SharedError(
        "train.precision is bf16_weights, but the model has batch normalisation, whose running "
        "statistics must stay float32 and travel with the gradients; use bf16",
        ExitCode::Usage);
  }
}

// What GPUs that NCCL or their memory connects cannot do yet.
void TrainSession::check_gpu_connection() const {
  const TrainOptions& train = config().train;
  std::string problem;
  if (train.precision == Precision::Bfloat16Weights || train.precision == Precision::Float16) {
    problem = fmt::format("train.precision: {}", enum_name(train.precision));
  } else if (Guards(train.guards).wants_norm() || Guards(train.guards).keeps_snapshots() ||
             train.guards.spike != OnSpike::Ignore) {
    problem = "train.guards other than non_finite: stop";
  } else if (train.optimizer.average > 0) {
    problem = "train.optimizer.average";
  }
  if (problem.empty()) return;
  throw SharedError(problem +
                        " is not there for GPUs that exchange gradients themselves; set "
                        "comm.backend: mpi, or train.precision: fp32 or bf16 without guards",
                    ExitCode::Usage);
}

void TrainSession::connect_ranks() {
  parameters_.emplace(*model_);
  const Backend backend = config().comm.backend;
  const bool invariant = config().comm.reduction == Reduction::Invariant;
  if (invariant && device_.device.is_cuda()) {
    throw SharedError("comm.reduction: invariant holds on CPUs only; set train.device: cpu",
                      ExitCode::Usage);
  }
  if (GpuConnection::possible(comm_, backend, device_.gpu.has_value())) {
    check_gpu_connection();
    gpu_connection_.emplace(comm_, backend, *device_.gpu, parameters_->shape(), stopwatch_.clock,
                            [this](const std::string& text) {
                              log_warning(text);
                              world_.abort(ExitCode::Failure);
                            });
  } else {
    exchange_ = make_exchange(comm_, backend, parameters_->shape());
    if (watch_.heart() != nullptr) exchange_.exchange->set_heart(*watch_.heart());
  }
}

std::unique_ptr<StepUpdate> TrainSession::make_update(StepJudge judge) {
  const OptimizerOptions& options = config().train.optimizer;
  if (gpu_connection_) {
    return gpu_connection_->make_update(options, *parameters_, std::move(judge));
  }
  return std::make_unique<HostUpdate>(comm_, options, *parameters_, *exchange_.exchange,
                                      std::move(judge));
}

// Those of train.replay_decisions, read once, by rank 0; empty without.
std::optional<std::vector<Decision>> TrainSession::recorded_decisions() {
  const std::string& file = config().train.replay_decisions;
  if (file.empty()) return std::nullopt;
  const std::string mine = on_every_rank(comm_, [&] { return is_root() ? read_file(file) : ""; });
  const std::string text = broadcast_text(comm_, mine, 0);
  return on_every_rank(comm_, [&] { return parse_decisions(text, file); });
}

void TrainSession::record_decisions(const std::optional<std::vector<Decision>>& recorded) {
  std::optional<std::filesystem::path> path;
  if (is_root()) path = directory_->decisions();
  if (recorded) {
    decisions_.emplace(path, *recorded, config().train.replay_decisions);
  } else {
    decisions_.emplace(path);
  }
}

void TrainSession::open_directory() {
  on_every_rank(comm_, [&] {
    if (is_root()) {
      directory_ = RunDirectory::create(config().run);
      write_file_atomically(directory_->config(), resolved_yaml(loaded_.settings, Origins::Shown));
    }
    return true;
  });
  const auto path = broadcast_text(comm_, is_root() ? directory_->path().string() : "", 0);
  watch_.record_in(path);
  meter_->keep_journal(path, config().run.name, /*first_step=*/0);
}

void TrainSession::print_banner() const {
  if (!is_root()) return;
  if (binding_.warning) log_warning(*binding_.warning);
  if (device_.device.is_cpu() && !cpu_computes(config().train.precision)) {
    log_warning(fmt::format(
        "train.precision is {}, but this CPU has no instructions for such numbers: it computes "
        "their products in float32, so steps are no faster than with fp32",
        enum_name(config().train.precision)));
  }
  if (arguments_.quiet || arguments_.json) return;
  std::cout << banner(loaded_.settings,
                      {comm_.size(), hosts_, devices_, binding_.summary, mkl_code_path(),
                       comm_.size() > 1 ? exchange_text() : ""},
                      terminal_);
  if (launch_.launcher == "none") {
    std::cout << "Started without mpirun: one rank. `mpirun -n 2 greentrain ...` uses more.\n";
  }
  std::cout << std::flush;
}

TrainOutcome TrainSession::train() {
  std::optional<RunRecorder> recorder;
  SilentObserver nobody;
  if (is_root()) {
    recorder.emplace(open_logs(loaded_, *directory_, measure_->names(), stopwatch_.start_date),
                     config().run.log_every, progress_, stopwatch_.phases, stopwatch_.clock,
                     stopwatch_.started_at);
  }
  WatchedObserver watched(recorder ? static_cast<TrainObserver&>(*recorder) : nobody,
                          watch_.heart(), *target_);
  MeteredObserver observer(watched, *meter_);

  Trainer trainer(
      config().train, static_cast<std::uint64_t>(config().run.seed),
      {comm_, *model_, *data_, split_, *feed_, *measure_,
       [this](StepJudge judge) { return make_update(std::move(judge)); }, *parameters_, shares_,
       stopwatch_.clock, stopwatch_.phases, meter_->meter(), stop_requested(), observer,
       *decisions_, plan_ ? &plan_->adviser() : nullptr, [this] { pass_a_moment(); }});
  watch_.training_begins();
  const PhasesOfDevice phases_of_device(device_.device, stopwatch_.phases);
  const TrainOutcome outcome = trainer.run();
  progress_.clear();
  if (recorder) time_to_first_step_ = recorder->time_to_first_step();
  return outcome;
}

void TrainSession::publish(const TrainOutcome& outcome) {
  stopwatch_.phases.enter(Phase::Checkpoint);
  if (is_root()) {
    const bool best = config().train.early_stopping.restore_best;
    save_weights(*model_, best ? directory_->best_weights() : directory_->last_weights(),
                 weights_metadata(data_->info()));
  }
  const RunReport report = make_report(outcome);
  if (is_root()) {
    const std::string json = to_json(report).dump(2) + "\n";
    write_file_atomically(directory_->report(), json);
    print(arguments_.json ? json : receipt(report, directory_->path(), terminal_));
  }
  if (meter_->failure()) {
    throw SharedError(fmt::format("Training was ended after step {}: {}. See greenmeter doctor.",
                                  outcome.last.step, *meter_->failure()));
  }
}

std::string TrainSession::exchange_text() const {
  if (gpu_connection_) return gpu_connection_->description();
  return fmt::format("{}: {}", enum_name(exchange_.backend), exchange_.reason);
}

}  // namespace greentrain
