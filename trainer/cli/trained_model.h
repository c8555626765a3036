#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "trainer/config.h"
#include "trainer/data/dataset.h"
#include "trainer/models/model.h"

namespace greentrain {

/// What a finished run learnt, ready for use on the CPU by one process.
struct TrainedModel {
  Config config;                 ///< Of the run.
  DatasetInfo data;              ///< Shape and classes of what it was trained on.
  std::shared_ptr<Model> model;  ///< With the best weights, in evaluation mode.
};

/// Opens the best weights of a run directory. Throws UsageError saying what is missing or wrong.
TrainedModel open_trained_model(const std::string& run_directory);

/// What best.safetensors says of the data, beside the weights; open_trained_model() reads it.
std::map<std::string, std::string> weights_metadata(const DatasetInfo& data);

/// The metrics that such a run measures: train.metrics and what early stopping monitors.
std::vector<std::string> measured_metrics(const TrainOptions& options);

enum class Labels { Required, Optional };

/// Reads `path` as the run read its own data, or that data itself when it is empty, and checks that
/// it fits the model: same sample shape, no label that the model does not know. Throws UsageError
/// otherwise.
std::unique_ptr<Dataset> read_data_for(const TrainedModel& trained, const std::string& path,
                                       Labels labels);

}  // namespace greentrain
