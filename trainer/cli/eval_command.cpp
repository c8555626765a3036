#include "trainer/cli/eval_command.h"

#include <atomic>
#include <memory>
#include <numeric>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "comm/thread_communicator.h"
#include "core/error.h"
#include "trainer/cli/standard_output.h"
#include "trainer/cli/trained_model.h"
#include "trainer/data/split.h"
#include "trainer/loop/evaluator.h"

namespace greentrain {
namespace {

struct Arguments {
  std::string run_directory;
  std::string data;
  bool json{false};
};

// The test part of the run's own data, or all samples of another file.
std::vector<std::int64_t> samples_of(const Dataset& data, const Config& config, bool own_data) {
  if (own_data) {
    auto split =
        split_samples(data.size(), data.labels(), {config.data.validation, config.data.test},
                      static_cast<std::uint64_t>(config.run.seed));
    if (split.test.empty()) {
      throw UsageError(
          "The run held out no test part (data.test is 0%); name a file: greentrain eval RUN_DIR "
          "DATA");
    }
    return split.test;
  }
  std::vector<std::int64_t> all(static_cast<std::size_t>(data.size()));
  std::iota(all.begin(), all.end(), 0);
  return all;
}

void evaluate(const Arguments& arguments) {
  const TrainedModel trained = open_trained_model(arguments.run_directory);
  const auto data = read_data_for(trained, arguments.data, Labels::Required);
  const auto samples = samples_of(*data, trained.config, arguments.data.empty());
  const auto alone = std::move(make_thread_communicators(1).front());
  const std::atomic<bool> stop_requested{false};  // a signal ends this process at once
  const Measure measure(trained.config.train.loss, measured_metrics(trained.config.train),
                        trained.data);
  Evaluator evaluator(*alone, *trained.model, *data, measure, {.first = 0, .count = 1, .total = 1},
                      trained.config.train.batch_size, trained.config.train.precision,
                      stop_requested);
  const Evaluation result = evaluator.evaluate(samples).value();
  if (arguments.json) {
    nlohmann::json json(result.metrics);
    json["data"] = data->info().name;
    json["samples"] = result.samples;
    json["loss"] = result.loss;
    print(json.dump(2) + "\n");
    return;
  }
  print(fmt::format("{}: {} samples of {}\n", arguments.run_directory, result.samples,
                    data->info().name));
  print(fmt::format("{:14}{:.4f}\n", "loss", result.loss));
  for (const auto& [name, value] : result.metrics) {
    print(fmt::format("{:14}{}\n", name, metric_text(name, value)));
  }
}

}  // namespace

void add_eval_command(CLI::App& app) {
  const auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("eval", "Measure the best weights of a run");
  command->add_option("run_dir", arguments->run_directory, "Directory of a finished run")
      ->required();
  command->add_option("data", arguments->data,
                      "File in the run's data.format; without it, the run's own test part");
  command->add_flag("--json", arguments->json, "Print JSON");
  command->callback([arguments] { evaluate(*arguments); });
}

}  // namespace greentrain
