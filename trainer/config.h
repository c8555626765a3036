#pragma once

#include <string>
#include <vector>

#include "comm/comm_options.h"
#include "core/config/option.h"
#include "core/config/reader/diagnostics.h"
#include "core/config/resolved.h"
#include "meter/meter_options.h"
#include "scheduler/carbon/carbon_options.h"
#include "scheduler/govern/scheduler_options.h"
#include "trainer/data/data_options.h"
#include "trainer/loop/train_options.h"
#include "trainer/models/model_options.h"
#include "trainer/run/run_options.h"

namespace greentrain {

/// Everything that a run is told: one struct per section of the YAML file.
struct Config {
  RunOptions run;
  DataOptions data;
  ModelOptions model;
  TrainOptions train;
  CommOptions comm;
  MeterOptions meter;
  CarbonOptions carbon;
  SchedulerOptions scheduler;

  template <class Visitor>
  void describe(Visitor& visit) {
    visit("run", run, "The run itself: its name, its directory, its seed.");
    visit("data", data, "What is learnt from, and how it is split.");
    visit("model", model, "What is trained.");
    visit("train", train, "How it is trained.");
    visit("comm", comm, "How ranks work together.");
    visit("meter", meter, "How energy is measured.");
    visit("carbon", carbon, "How energy becomes grams of CO2 equivalent.");
    visit("scheduler", scheduler, "When training runs, by the carbon intensity of the grid.");
  }
};

/// A config that passed every check, and where each of its settings comes from. Plain data.
struct LoadedConfig {
  Config config;
  std::vector<ResolvedSetting> settings;  ///< Every setting; for resolved_yaml() and the banner.
};

/// Reads a YAML file and then the overrides "train.batch_size=64", and checks what settings mean
/// together. Throws UsageError with all mistakes at once, a text to be printed as it is. Needs no
/// other file: whether the data can be read is not checked here.
LoadedConfig load_config(const std::string& path, const std::vector<std::string>& overrides,
                         Colors colors = Colors::Off);

/// The same from a YAML text that another rank sent; `name` stands for the file.
LoadedConfig parse_config(const std::string& yaml, const std::string& name);

/// Every setting of a default Config, bound to `config`: for the manual, the schema and `explain`.
OptionTable config_options(Config& config);

}  // namespace greentrain
