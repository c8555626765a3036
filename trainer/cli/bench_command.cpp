#include "trainer/cli/bench_command.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/clock.h"
#include "core/error.h"
#include "core/file.h"
#include "core/format.h"
#include "meter/cpu_time.h"
#include "meter/energy_meter.h"
#include "meter/sensors.h"
#include "trainer/cli/standard_output.h"
#include "trainer/cli/trained_model.h"
#include "trainer/run/inference_cost.h"
#include "trainer/run/run_directory.h"
#include "trainer/run/run_report.h"

namespace greentrain {
namespace {

struct Arguments {
  std::string run_directory;
  std::string data;
  std::vector<std::int64_t> batches{1, 8, 64};
  std::int64_t queries{1000};
  int repetitions{10};
  int warmup{10};
  double least_seconds{1};
  std::vector<std::string> sensors{"auto"};
  bool json{false};
};

/// Queries, cut into the batches that are answered one after the other. They lie ready in memory:
/// reading data is not part of answering.
std::vector<Batch> batches_of(const Dataset& data, std::int64_t queries, std::int64_t batch) {
  std::vector<std::int64_t> samples(static_cast<std::size_t>(queries));
  // A file of fewer samples is gone through again.
  for (std::size_t i = 0; i < samples.size(); ++i) {
    samples[i] = static_cast<std::int64_t>(i) % data.size();
  }
  std::vector<Batch> batches;
  for (std::int64_t first = 0; first < queries; first += batch) {
    const auto count = static_cast<std::size_t>(std::min(batch, queries - first));
    batches.push_back(
        data.gather(std::span(samples).subspan(static_cast<std::size_t>(first), count)));
  }
  return batches;
}

void answer(Model& model, const Batch& batch) {
  // Reading one number waits for the answer, wherever it is computed.
  model.forward(batch.inputs).flatten()[0].item<float>();
}

/// Goes through the queries until all were answered and the least time is over.
InferenceRun one_run(Model& model, const std::vector<Batch>& batches, Seconds least,
                     EnergyMeter& meter) {
  InferenceRun run;
  const WindowId window = meter.begin();
  const auto start = std::chrono::steady_clock::now();
  do {
    for (const Batch& batch : batches) {
      answer(model, batch);
      run.queries += batch.samples;
    }
    run.time = std::chrono::steady_clock::now() - start;
  } while (run.time < least);
  run.energy = meter.end(window).total;
  return run;
}

InferenceCost cost_of(const Arguments& arguments, const TrainedModel& trained, const Dataset& data,
                      std::int64_t batch, EnergyMeter& meter) {
  const auto batches = batches_of(data, arguments.queries, batch);
  for (int i = 0; i < arguments.warmup; ++i) {
    answer(*trained.model, batches[static_cast<std::size_t>(i) % batches.size()]);
  }
  InferenceCost cost{.batch = batch, .runs = {}};
  for (int i = 0; i < arguments.repetitions; ++i) {
    cost.runs.push_back(one_run(*trained.model, batches, Seconds(arguments.least_seconds), meter));
  }
  return cost;
}

std::optional<Energy> training_energy(const std::string& run_directory,
                                      std::vector<std::string>& notes) {
  try {
    const auto file = RunDirectory::open(run_directory).report();
    return run_report_from_json(nlohmann::json::parse(read_file(file))).energy.total;
  } catch (const std::exception& error) {
    notes.push_back(std::string("the energy of the training is not known: ") + error.what());
    return std::nullopt;
  }
}

/// Others' work is in the figures, and threads that share a core wait for each other at every
/// layer.
class OthersWork {
 public:
  explicit OthersWork(std::filesystem::path proc) : proc_(std::move(proc)), before_(now()) {}

  std::optional<std::string> note() const {
    const auto after = now();
    if (!before_ || !after) return std::nullopt;
    const Seconds all = after->first - before_->first;
    const Seconds others = all - (after->second - before_->second);
    constexpr double kWorthANote = 0.1;
    if (all <= Seconds(0) || others / all < kWorthANote) return std::nullopt;
    return fmt::format(
        "Other processes had {} of the CPU time meanwhile: their energy is in the "
        "figures, and answers took longer. Measure on an idle machine; with "
        "OMP_NUM_THREADS=1 small batches suffer less.",
        format_percent(others / all));
  }

 private:
  using Times = std::pair<Seconds, Seconds>;  ///< Of the machine, and of this process.
  std::optional<Times> now() const {
    const auto machine = machine_busy_time(proc_);
    const auto own = tree_cpu_time(proc_, getpid());
    if (!machine || !own) return std::nullopt;
    return Times{*machine, *own};
  }
  std::filesystem::path proc_;
  std::optional<Times> before_;
};

void bench(const Arguments& arguments, const Environment& environment) {
  const at::NoGradGuard no_gradients;
  const TrainedModel trained = open_trained_model(arguments.run_directory);
  const auto data = read_data_for(trained, arguments.data, Labels::Optional);
  if (data->size() == 0) throw UsageError(data->info().name + " holds no sample to ask about");
  const SystemClock clock;
  PhaseTimer phases(clock);
  MeterOptions options;
  options.sensors = arguments.sensors;
  EnergyMeter meter(make_sensors(options, clock, machine_tree(environment)), options, phases,
                    clock);
  meter.start();
  const OthersWork others(machine_tree(environment).proc);
  InferenceReport report{.run_directory = arguments.run_directory,
                         .device = "cpu",
                         .threads = at::get_num_threads(),
                         .queries = arguments.queries,
                         .warmup = arguments.warmup,
                         .costs = {},
                         .training = {},
                         .energy = {}};
  for (const std::int64_t batch : arguments.batches) {
    report.costs.push_back(cost_of(arguments, trained, *data, batch, meter));
  }
  report.energy = meter.stop();
  if (const auto note = others.note()) report.energy.notes.push_back(*note);
  report.energy.phases.clear();  // Its batches are told apart in `costs`.
  report.training = training_energy(arguments.run_directory, report.energy.notes);
  print(arguments.json ? to_json(report).dump(2) + "\n" : to_text(report));
}

constexpr const char* kFooter =
    "A query is one sample, or for text one context of bytes. The defaults are the settings of "
    "the\n"
    "AI Energy Score (1000 queries, batch 1, 10 repetitions), and two larger batches beside it.";

}  // namespace

void add_bench_command(CLI::App& app, const Environment& environment) {
  const auto arguments = std::make_shared<Arguments>();
  CLI::App* command =
      app.add_subcommand("bench", "Measure what answering with a run's model costs");
  command->add_option("run_dir", arguments->run_directory, "Directory of a finished run")
      ->required();
  command->add_option("data", arguments->data,
                      "File in the run's data.format; without it, the run's own data");
  command->add_option("--batch", arguments->batches, "Batch sizes")
      ->delimiter(',')
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  command->add_option("--queries", arguments->queries, "Queries of a repetition")
      ->check(CLI::Range(1, 10'000'000))
      ->capture_default_str();
  command->add_option("--repeat", arguments->repetitions, "Repetitions")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  command->add_option("--warmup", arguments->warmup, "Batches before the first that counts")
      ->check(CLI::Range(0, 1'000'000))
      ->capture_default_str();
  command
      ->add_option("--min-time", arguments->least_seconds,
                   "Seconds that a repetition lasts at least, going through the queries again")
      ->check(CLI::Range(0.0, 86400.0))
      ->capture_default_str();
  command->add_option("--sensors", arguments->sensors, "As meter.sensors of a config")
      ->delimiter(',')
      ->default_str("auto");
  command->add_flag("--json", arguments->json, "Print JSON");
  command->footer(kFooter);
  command->callback([arguments, &environment] { bench(*arguments, environment); });
}

}  // namespace greentrain
