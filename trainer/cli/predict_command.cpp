#include "trainer/cli/predict_command.h"

#include <algorithm>
#include <memory>
#include <numeric>
#include <string>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/softmax.h>
#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "core/error.h"
#include "core/file.h"
#include "trainer/cli/standard_output.h"
#include "trainer/cli/trained_model.h"

namespace greentrain {
namespace {

constexpr std::int64_t kBatch = 256;

struct Arguments {
  std::string run_directory;
  std::string data;
  std::int64_t bytes{200};
};

// Calls visit(number of the first sample, batch) for all samples in turn.
template <class Visit>
void for_batches(const Dataset& data, Visit visit) {
  std::vector<std::int64_t> samples(static_cast<std::size_t>(data.size()));
  std::iota(samples.begin(), samples.end(), 0);
  for (std::int64_t first = 0; first < data.size(); first += kBatch) {
    const auto count = static_cast<std::size_t>(std::min(kBatch, data.size() - first));
    visit(first, data.gather(std::span(samples).subspan(static_cast<std::size_t>(first), count)));
  }
}

std::string numbers(const at::Tensor& row) {
  std::string text;
  for (std::int64_t i = 0; i < row.numel(); ++i) {
    text += fmt::format(",{:.6g}", row[i].item<float>());
  }
  return text;
}

// One CSV line per sample: its number, its targets if it has some, what is predicted for each; of
// bce that is a probability.
void print_numbers(const TrainedModel& trained, const Dataset& data) {
  const bool chances = trained.config.train.loss.type == LossType::Bce;
  bool titled = false;
  for_batches(data, [&](std::int64_t first, const Batch& batch) {
    at::Tensor outputs = trained.model->forward(batch.inputs).flatten(1);
    if (chances) outputs = outputs.sigmoid();
    const bool labelled = batch.targets.defined();
    std::string lines = titled ? "" : "sample";
    for (const char* title : {"target", "predicted"}) {
      if (titled || (title[0] == 't' && !labelled)) continue;
      for (std::int64_t i = 1; i <= outputs.size(1); ++i) lines += fmt::format(",{}_{}", title, i);
    }
    if (!titled) lines += "\n";
    titled = true;
    for (std::int64_t row = 0; row < batch.samples; ++row) {
      lines += fmt::format("{}{}{}\n", first + row, labelled ? numbers(batch.targets[row]) : "",
                           numbers(outputs[row]));
    }
    print(lines);
  });
}

// One CSV line per sample: its number, its label if it has one, the predicted class, its
// probability.
void print_classes(const TrainedModel& trained, const Dataset& data) {
  const bool labelled = !data.labels().empty();
  print(labelled ? "sample,label,predicted,probability\n" : "sample,predicted,probability\n");
  for_batches(data, [&](std::int64_t first, const Batch& batch) {
    const at::Tensor chances = at::softmax(trained.model->forward(batch.inputs), -1);
    const auto [best, classes] = chances.max(-1);
    std::string lines;
    for (std::int64_t row = 0; row < batch.samples; ++row) {
      lines += fmt::format("{},", first + row);
      if (labelled) lines += fmt::format("{},", batch.targets[row].item<std::int64_t>());
      lines +=
          fmt::format("{},{:.4f}\n", classes[row].item<std::int64_t>(), best[row].item<float>());
    }
    print(lines);
  });
}

// The text and the likeliest bytes after it, one at a time.
void continue_text(const TrainedModel& trained, std::string text, std::int64_t bytes) {
  if (text.empty()) throw UsageError("The text to continue is empty; expected at least one byte.");
  print(text);
  const auto context = static_cast<std::size_t>(trained.data.sample_shape.front());
  for (std::int64_t i = 0; i < bytes; ++i) {
    const std::string seen = text.substr(text.size() - std::min(text.size(), context));
    const at::Tensor tokens = at::empty({1, std::ssize(seen)}, at::kLong);
    std::transform(seen.begin(), seen.end(), tokens.data_ptr<std::int64_t>(),
                   [](char c) { return static_cast<unsigned char>(c); });
    const at::Tensor logits = trained.model->forward(tokens);
    const auto next = static_cast<char>(
        logits[0][-1].narrow(0, 0, trained.data.classes).argmax().item<std::int64_t>());
    text.push_back(next);
    print({&next, 1});
  }
  print("\n");
}

void predict(const Arguments& arguments) {
  const at::NoGradGuard no_gradients;
  const TrainedModel trained = open_trained_model(arguments.run_directory);
  if (trained.config.data.format == DataFormat::Tokens) {
    throw UsageError(
        arguments.run_directory +
        ": its model reads token ids, and predict knows no tokenizer; expected a model "
        "of text or of samples (`greentrain eval` measures it on token files)");
  }
  if (trained.data.text) {
    continue_text(trained, read_file(arguments.data), arguments.bytes);
  } else if (trained.data.targets > 0) {
    print_numbers(trained, *read_data_for(trained, arguments.data, Labels::Optional));
  } else {
    print_classes(trained, *read_data_for(trained, arguments.data, Labels::Optional));
  }
}

}  // namespace

void add_predict_command(CLI::App& app) {
  const auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("predict", "Predict classes as CSV, or continue a text");
  command->add_option("run_dir", arguments->run_directory, "Directory of a finished run")
      ->required();
  command->add_option("data", arguments->data, "File in the run's data.format")->required();
  command->add_option("--bytes", arguments->bytes, "Text: how many bytes to add")
      ->capture_default_str()
      ->check(CLI::Range(0, 1'000'000));
  command->callback([arguments] { predict(*arguments); });
}

}  // namespace greentrain
