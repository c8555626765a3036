#include "trainer/cli/trained_model.h"

#include <functional>
#include <numeric>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/file.h"
#include "trainer/checkpoint/safetensors.h"
#include "trainer/checkpoint/weights_file.h"
#include "trainer/data/read_dataset.h"
#include "trainer/metrics/metric.h"
#include "trainer/run/run_directory.h"

namespace greentrain {
namespace {

constexpr const char* kDataKey = "greentrain.data";

DatasetInfo data_of(const std::filesystem::path& weights) {
  const std::string file = read_file(weights);
  const auto metadata = parse_safetensors(file, weights).metadata;
  const auto found = metadata.find(kDataKey);
  DatasetInfo data;
  try {
    const auto json = nlohmann::json::parse(found == metadata.end() ? "" : found->second);
    json.at("sample_shape").get_to(data.sample_shape);
    json.at("classes").get_to(data.classes);
    json.at("text").get_to(data.text);
    data.targets = json.value("targets", std::int64_t{0});
  } catch (const nlohmann::json::exception&) {
    throw UsageError(fmt::format(
        "{}: found no usable {} in its metadata, expected weights that greentrain wrote",
        weights.string(), kDataKey));
  }
  return data;
}

}  // namespace

std::map<std::string, std::string> weights_metadata(const DatasetInfo& data) {
  const nlohmann::json json{{"sample_shape", data.sample_shape},
                            {"classes", data.classes},
                            {"text", data.text},
                            {"targets", data.targets}};
  return {{kDataKey, json.dump()}, {"format", "pt"}};
}

std::vector<std::string> measured_metrics(const TrainOptions& options) {
  std::vector<std::string> names = options.metrics;
  names.push_back(monitored_metric(options.early_stopping.monitor));
  return names;
}

TrainedModel open_trained_model(const std::string& run_directory) {
  const RunDirectory directory = RunDirectory::open(run_directory);
  TrainedModel trained;
  trained.config = load_config(directory.config(), {}).config;
  trained.data = data_of(directory.weights());
  trained.model = make_model(trained.config.model, trained.data);
  load_weights(*trained.model, directory.weights());
  trained.model->eval();
  return trained;
}

std::unique_ptr<Dataset> read_data_for(const TrainedModel& trained, const std::string& path,
                                       Labels labels) {
  DataOptions options = trained.config.data;
  if (!path.empty()) options.path = {path};
  const auto& shape = trained.data.sample_shape;
  const auto features =
      std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
  auto data = labels == Labels::Required ? read_dataset(options) : read_samples(options, features);
  const DatasetInfo& info = data->info();
  if (info.sample_shape != trained.data.sample_shape) {
    throw UsageError(fmt::format("{}: samples have the shape [{}], expected [{}] as in training",
                                 info.name, fmt::join(info.sample_shape, ", "),
                                 fmt::join(trained.data.sample_shape, ", ")));
  }
  if (info.classes > trained.data.classes) {
    throw UsageError(fmt::format("{}: found label {}, expected labels from 0 to {} as in training",
                                 info.name, info.classes - 1, trained.data.classes - 1));
  }
  return data;
}

}  // namespace greentrain
