#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "trainer/metrics/loss_options.h"

namespace greentrain {

/// What was measured over one part of the data.
struct Evaluation {
  double loss{0};  ///< train.loss, mean over samples; natural logarithms.
  std::int64_t samples{0};
  /// By name, "accuracy"; what is not defined on these samples, such as the recall of a class that
  /// does not occur, is left out.
  std::map<std::string, double> metrics{};

  /// "loss" or one of the metrics; empty when it was not measured or is not defined.
  std::optional<double> value(const std::string& name) const;
};

enum class MetricKind { Loss, Accuracy, TopK, Precision, Recall, Perplexity, R2, Mae };

/// A number by which models are judged. Names: loss, accuracy, top_5 (of any K), precision, recall
/// (means over classes) and precision_3, recall_3 (of class 3), perplexity, r2, mae.
struct Metric {
  MetricKind kind;
  std::optional<std::int64_t> number{};  ///< K, or the class.
};
std::optional<Metric> parse_metric(std::string_view name);

/// Whether more is better.
bool should_rise(MetricKind kind);

/// "97.41 %" of a share, "0.0264" of another number.
std::string metric_text(const std::string& name, double value);

/// What is wrong with the name of a metric under this loss, with the names that there are; empty
/// when it is one of them. classes: how many outputs the model has, 0 where that is not known yet.
std::optional<std::string> metric_problem(std::string_view name, LossType loss,
                                          std::int64_t classes = 0);

/// The metric that train.early_stopping.monitor means: what follows "validation_"; empty for a
/// text that does not begin so.
std::string monitored_metric(std::string_view monitor);

}  // namespace greentrain
