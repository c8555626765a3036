#include "trainer/config.h"

#include <bit>
#include <cstdint>
#include <filesystem>

#include <fmt/format.h>

#include "core/config/collect_options.h"
#include "core/config/reader/config_reader.h"
#include "core/error.h"
#include "scheduler/govern/governed_run.h"
#include "trainer/metrics/metric.h"
#include "trainer/models/spec/read_spec.h"

namespace greentrain {
namespace {

void check_data(const Config& config, ConfigReader& reader) {
  const DataOptions& data = config.data;
  reader.require(!data.path.empty(), {"data.path"},
                 "data.path is empty, expected files to learn from",
                 "write it as: path: [data/digits.csv]");
  reader.require(
      data.labels.empty() || data.format == DataFormat::Idx, {"data.labels", "data.format"},
      fmt::format("data.labels is for idx files, but data.format is {}", enum_name(data.format)));
  for (std::int64_t size : data.shape) {
    reader.require(size > 0, {"data.shape"},
                   fmt::format("data.shape holds {}, expected sizes from 1", size));
  }
  const Fraction held_out = data.validation + data.test;
  reader.require(held_out < Fraction{1.0}, {"data.validation", "data.test"},
                 fmt::format("data.validation and data.test are {} and {}, which leaves nothing to "
                             "train on; expected less than 100% together",
                             value_text(data.validation), value_text(data.test)));
}

bool has_image_shape(const DataOptions& data) {
  return data.shape.size() == 3 || data.format == DataFormat::Idx ||
         data.format == DataFormat::Cifar10;
}

void check_samples(const Config& config, ConfigReader& reader) {
  const DataOptions& data = config.data;
  const auto format = enum_name(data.format);
  const bool good_shape =
      data.shape.size() == 3 && (data.shape.front() == 1 || data.shape.front() == 3);
  reader.require(
      data.format != DataFormat::Images || good_shape, {"data.shape", "data.format"},
      "data.format is images: expected data.shape with 1 or 3 channels, height and width",
      "write it as: shape: [3, 32, 32]");
  reader.require(data.format == DataFormat::Tokens ||
                     (data.token_width == TokenWidth::Auto && data.vocabulary == 0),
                 {"data.token_width", "data.vocabulary", "data.format"},
                 fmt::format("data.token_width and data.vocabulary are for tokens, but data.format "
                             "is {}",
                             format));
  reader.require(data.bad_images == BadImages::Fatal || data.format == DataFormat::Images,
                 {"data.bad_images", "data.format"},
                 fmt::format("data.bad_images is for images, but data.format is {}", format));
  reader.require(!data.augment.changes_images() || has_image_shape(data),
                 {"data.augment", "data.format"},
                 fmt::format("data.augment turns, moves or cuts images, but data.format {} gives "
                             "none",
                             format),
                 "CSV rows become images by data.shape, as in [1, 8, 8]");
  reader.require(data.augment.mixup == 0 || !is_text(data.format),
                 {"data.augment.mixup", "data.format"},
                 fmt::format("data.augment.mixup mixes numbers, but data.format is {}", format));
}

void check_model(const Config& config, ConfigReader& reader) {
  const ModelOptions& model = config.model;
  const bool is_spec = model.type == ModelType::Spec;
  const bool is_empty = model.spec.kind == YamlNode::Kind::List && model.spec.elements.empty();
  const bool has_spec = model.spec.kind != YamlNode::Kind::Null && !is_empty;
  reader.require(is_spec || !has_spec, {"model.spec", "model.type"},
                 fmt::format("model.spec is given, but model.type is {}", enum_name(model.type)),
                 "write type: spec, or leave model.spec out");
  reader.require(!is_spec || has_spec, {"model.type"},
                 "model.type is spec, but model.spec is not given",
                 "such as: spec: [flatten, {linear: 64}, relu, {linear: classes}]");
  if (is_spec && has_spec) {
    std::vector<ConfigError> errors;
    read_spec(model.spec, errors);
    for (ConfigError& error : errors) reader.complain(std::move(error));
  }
  reader.require(!model.new_head || !model.init_from.empty(), {"model.new_head"},
                 "model.new_head is true, but model.init_from names no file to start from");
  const bool is_gpt = model.type == ModelType::Gpt;
  const bool is_vit = model.type == ModelType::Vit;
  const bool reads_text = is_text(config.data.format);
  reader.require(!is_gpt || reads_text, {"model.type", "data.format"},
                 fmt::format("model.type is gpt, which reads text, but data.format is {}",
                             enum_name(config.data.format)));
  reader.require(is_gpt || is_spec || !reads_text, {"data.format", "model.type"},
                 fmt::format("data.format is {}, which is for gpt or spec, but model.type is {}",
                             enum_name(config.data.format), enum_name(model.type)));
  reader.require(!(is_gpt || is_vit) || model.width % model.heads == 0,
                 {"model.width", "model.heads"},
                 fmt::format("model.width is {}, expected a multiple of model.heads, which is {}",
                             model.width, model.heads));
  reader.require(
      model.type != ModelType::Resnet || is_resnet_depth(model.depth), {"model.depth"},
      fmt::format("model.depth is {}, expected 18, 34, 50 or 6 n + 2 layers", model.depth),
      "such as 8, 14, 20, 32, 44, 56 or 110");
  const bool reads_images =
      model.type == ModelType::Cnn || model.type == ModelType::Resnet || is_vit;
  const bool needs_shape = reads_images && config.data.format == DataFormat::Csv;
  reader.require(
      !needs_shape || config.data.shape.size() == 3, {"data.shape", "model.type"},
      fmt::format("model.type is {}: expected data.shape with channels, height and width",
                  enum_name(model.type)),
      "write it as: shape: [1, 8, 8]");
}

void check_train(const Config& config, ConfigReader& reader) {
  const bool stops_early = config.train.early_stopping.enabled;
  reader.require(!stops_early || config.data.validation > Fraction{0.0},
                 {"train.early_stopping.enabled", "data.validation"},
                 "train.early_stopping.enabled is true, but data.validation is 0%",
                 "hold out a share for validation, or set enabled to false");
  reader.require(config.train.precision != Precision::Bfloat16Weights ||
                     config.comm.reduction != Reduction::Invariant,
                 {"train.precision", "comm.reduction"},
                 "train.precision is bf16_weights, but comm.reduction is invariant, which adds up "
                 "float32 gradients; expected bf16, fp16 or fp32");
}

void check_metrics(const Config& config, ConfigReader& reader) {
  const LossOptions& loss = config.train.loss;
  const bool numbers = config.data.targets > 0;
  reader.require(
      numbers == (loss.type != LossType::CrossEntropy), {"train.loss.type", "data.targets"},
      fmt::format("train.loss.type is {}, but data.targets is {}, so that {} predicted; "
                  "expected {}",
                  enum_name(loss.type), config.data.targets, numbers ? "numbers are" : "a class is",
                  numbers ? "mse, l1 or bce" : "cross_entropy"),
      numbers ? "" : "data.targets: 1 makes the last column of CSV a number");
  const bool plain = loss.label_smoothing == Fraction{0.0} && loss.class_weights.empty();
  reader.require(plain || loss.type == LossType::CrossEntropy,
                 {"train.loss.label_smoothing", "train.loss.class_weights"},
                 fmt::format("train.loss.label_smoothing and class_weights are for cross_entropy, "
                             "but train.loss.type is {}",
                             enum_name(loss.type)));
  for (const std::string& name : config.train.metrics) {
    const auto problem = metric_problem(name, loss.type);
    reader.require(!problem, {"train.metrics"}, "train.metrics: " + problem.value_or(""));
  }
  const std::string& monitor = config.train.early_stopping.monitor;
  const auto problem = metric_problem(monitored_metric(monitor), loss.type);
  reader.require(
      !problem, {"train.early_stopping.monitor"},
      fmt::format("train.early_stopping.monitor is {}, expected validation_ and the name "
                  "of a metric: {}",
                  monitor, problem.value_or("")));
}

// "the nearest are 96 and 104"
std::string nearest_multiples(std::int64_t value, std::int64_t of) {
  const std::int64_t below = value / of * of;
  if (below == 0) return fmt::format("the nearest is {}", of);
  return fmt::format("the nearest are {} and {}", below, below + of);
}

void check_optimizer(const Config& config, ConfigReader& reader) {
  const OptimizerOptions& optimizer = config.train.optimizer;
  const bool momentum = optimizer.type == OptimizerType::Sgd && optimizer.momentum > 0;
  reader.require(!optimizer.nesterov || momentum,
                 {"train.optimizer.nesterov", "train.optimizer.type", "train.optimizer.momentum"},
                 "train.optimizer.nesterov is true, which needs train.optimizer.type sgd and a "
                 "train.optimizer.momentum above 0");
  reader.require(
      config.train.micro_batch_size == 0 || config.train.precision != Precision::Bfloat16Weights,
      {"train.micro_batch_size", "train.precision"},
      fmt::format("train.micro_batch_size is {}, but train.precision is bf16_weights, "
                  "whose gradients would be rounded in each part; expected 0",
                  config.train.micro_batch_size),
      "bf16 computes in parts");
  const ScheduleOptions& schedule = config.train.schedule;
  reader.require(
      schedule.type != ScheduleType::InverseSqrt || schedule.warmup > Fraction{0.0},
      {"train.schedule.warmup", "train.schedule.type"},
      "train.schedule.warmup is 0%, but train.schedule.type is inverse_sqrt, which falls "
      "from where the warm-up ends",
      "write it as: warmup: 4%");
  const bool overlap = schedule.warmup + schedule.decay > Fraction{1.0};
  reader.require(schedule.type != ScheduleType::WarmupStableDecay || !overlap,
                 {"train.schedule.warmup", "train.schedule.decay"},
                 fmt::format("train.schedule.warmup and train.schedule.decay are {} and {}, "
                             "expected 100% together or less",
                             value_text(schedule.warmup), value_text(schedule.decay)));
  reader.require(
      schedule.type != ScheduleType::Plateau || config.data.validation > Fraction{0.0},
      {"train.schedule.type", "data.validation"},
      "train.schedule.type is plateau, which watches the validation loss, but data.validation is "
      "0%");
}

void check_early_stopping(const Config& config, ConfigReader& reader) {
  const EarlyStoppingOptions& stopping = config.train.early_stopping;
  const std::string& monitor = stopping.monitor;
  const auto metric = parse_metric(monitored_metric(monitor));
  const bool rises = metric && should_rise(metric->kind);
  const StoppingMode opposite = rises ? StoppingMode::Min : StoppingMode::Max;
  reader.require(!metric || stopping.mode != opposite,
                 {"train.early_stopping.mode", "train.early_stopping.monitor"},
                 fmt::format("train.early_stopping.mode is {}, but {} should {}",
                             enum_name(stopping.mode), monitor, rises ? "rise" : "fall"),
                 "auto takes the direction from the metric's name");
  reader.require(!stopping.target || config.data.validation > Fraction{0.0},
                 {"train.early_stopping.target", "data.validation"},
                 "train.early_stopping.target is set, but data.validation is 0%",
                 "hold out a share for validation");
  const MarginalOptions& marginal = stopping.marginal;
  reader.require(!marginal.budget || marginal.cost == MarginalCost::Energy,
                 {"train.early_stopping.marginal.budget", "train.early_stopping.marginal.cost"},
                 "train.early_stopping.marginal.budget is an energy, but its cost is steps");
  const bool reads_joules =
      stopping.enabled && marginal.rate > 0 && marginal.cost == MarginalCost::Energy;
  reader.require(config.train.replay_decisions.empty() || reads_joules,
                 {"train.replay_decisions", "train.early_stopping.marginal.rate"},
                 "train.replay_decisions is set, but no decision of this run reads a meter",
                 "the marginal rule of early stopping does, where its cost is energy");
}

void check_comm(const Config& config, ConfigReader& reader) {
  const CommOptions& comm = config.comm;
  if (comm.reduction != Reduction::Invariant) return;
  const auto workers = static_cast<std::uint64_t>(comm.virtual_workers);
  reader.require(std::has_single_bit(workers), {"comm.virtual_workers"},
                 fmt::format("comm.virtual_workers is {}, expected a power of two", workers));
  reader.require(config.train.batch_size % comm.virtual_workers == 0,
                 {"train.batch_size", "comm.virtual_workers"},
                 fmt::format("train.batch_size is {}, expected a multiple of "
                             "comm.virtual_workers, which is {}, since comm.reduction is invariant",
                             config.train.batch_size, workers),
                 nearest_multiples(config.train.batch_size, comm.virtual_workers));
  reader.require(config.train.micro_batch_size == 0, {"train.micro_batch_size", "comm.reduction"},
                 fmt::format("train.micro_batch_size is {}, but comm.reduction is invariant, which "
                             "cuts batches into comm.virtual_workers parts; expected 0",
                             config.train.micro_batch_size),
                 "more comm.virtual_workers make smaller parts");
  reader.require(comm.threads <= 1, {"comm.threads", "comm.reduction"},
                 fmt::format("comm.threads is {}, expected 1, since comm.reduction is invariant: "
                             "sums made by several threads are rounded in another order",
                             comm.threads));
}

void check_carbon(const Config& config, ConfigReader& reader) {
  reader.require(!config.carbon.intensity || config.carbon.country.empty(),
                 {"carbon.country", "carbon.intensity"},
                 "carbon.country and carbon.intensity are both given, expected one of them",
                 "as arguments, carbon.country= and carbon.intensity=null clear them");
}

// Whether the deadline has passed is checked when the run starts: a config is also read later.
void check_scheduler(const Config& config, ConfigReader& reader) {
  const SchedulerOptions& scheduler = config.scheduler;
  if (!scheduler.enabled()) {
    reader.require(
        scheduler.deadline.empty() && !scheduler.slack,
        {"scheduler.zone", scheduler.deadline.empty() ? "scheduler.slack" : "scheduler.deadline"},
        "scheduler.zone is empty, so no plan is followed",
        "name a zone such as DE, or leave out the deadline");
    return;
  }
  reader.require(
      scheduler.deadline.empty() == scheduler.slack.has_value(),
      {"scheduler.deadline", "scheduler.slack"},
      scheduler.slack
          ? "scheduler.deadline and scheduler.slack are both given, expected one of them"
          : "scheduler.zone is given, but neither scheduler.deadline nor scheduler.slack",
      "write it as: deadline: \"18:00\"");
  if (scheduler.deadline.empty()) return;
  const auto problem = problem_of_deadline(scheduler);
  reader.require(!problem, {"scheduler.deadline"}, problem.value_or(""));
}

// Reads what `read` is told to and checks it.
template <class Read>
LoadedConfig load(Colors colors, Read read) {
  LoadedConfig loaded;
  OptionTable options = config_options(loaded.config);
  ConfigReader reader(options);
  read(reader);
  check_data(loaded.config, reader);
  check_samples(loaded.config, reader);
  check_model(loaded.config, reader);
  check_train(loaded.config, reader);
  check_metrics(loaded.config, reader);
  check_optimizer(loaded.config, reader);
  check_early_stopping(loaded.config, reader);
  check_comm(loaded.config, reader);
  check_carbon(loaded.config, reader);
  check_scheduler(loaded.config, reader);
  reader.finish("greentrain", colors);
  loaded.settings = reader.settings();
  return loaded;
}

}  // namespace

LoadedConfig load_config(const std::string& path, const std::vector<std::string>& overrides,
                         Colors colors) {
  if (!std::filesystem::exists(path)) {
    throw UsageError(fmt::format(
        "{}: cannot read: No such file or directory; `greentrain init digits` writes a config to "
        "start from",
        path));
  }
  return load(colors, [&](ConfigReader& reader) {
    reader.read_file(path);
    for (const std::string& argument : overrides) {
      reader.read_override(argument);
    }
  });
}

LoadedConfig parse_config(const std::string& yaml, const std::string& name) {
  return load(Colors::Off, [&](ConfigReader& reader) { reader.read_text(name, yaml); });
}

OptionTable config_options(Config& config) { return collect_options(config); }

}  // namespace greentrain
