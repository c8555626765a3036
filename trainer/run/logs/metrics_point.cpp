#include "trainer/run/logs/metrics_point.h"

#include <algorithm>
#include <cmath>

namespace greentrain {
namespace {

using Numbers = std::vector<std::pair<std::string, double>>;

void put(Numbers& numbers, std::string name, const std::optional<double>& value) {
  if (value && std::isfinite(*value)) numbers.emplace_back(std::move(name), *value);
}

std::string phase_name(std::size_t phase) {
  return "phases_s." + to_string(static_cast<Phase>(phase));
}

}  // namespace

Numbers numbers_of(const MetricsPoint& point) {
  Numbers numbers{{"step", static_cast<double>(point.step)},
                  {"epoch", static_cast<double>(point.epoch)},
                  {"samples_seen", static_cast<double>(point.samples_seen)},
                  {"time_s", point.time.count()}};
  put(numbers, "loss", point.loss);
  put(numbers, "validation_loss", point.validation_loss);
  for (const auto& [name, value] : point.validation_metrics) {
    put(numbers, "validation_" + name, value);
  }
  put(numbers, "learning_rate", point.learning_rate);
  put(numbers, "gradient_norm", point.gradient_norm);
  put(numbers, "loss_scale", point.loss_scale);
  put(numbers, "samples_per_s", point.samples_per_s);
  if (point.power) put(numbers, "watts", point.power->value);
  if (point.joules) put(numbers, "joules", point.joules->value);
  for (std::size_t i = 0; point.phases && i < point.phases->size(); ++i) {
    const double spent = (*point.phases)[i].count();
    if (spent > 0) put(numbers, phase_name(i), spent);
  }
  return numbers;
}

std::vector<std::string> metric_columns(const std::vector<std::string>& metrics) {
  MetricsPoint everything;
  everything.loss = everything.validation_loss = everything.learning_rate = 1;
  everything.gradient_norm = everything.loss_scale = everything.samples_per_s = 1;
  everything.power = Watts{1};
  everything.joules = Joules{1};
  everything.phases.emplace().fill(Seconds{1});
  for (const std::string& metric : metrics) everything.validation_metrics[metric] = 1;
  everything.validation_metrics.erase("loss");
  std::vector<std::string> columns;
  for (const auto& [name, value] : numbers_of(everything)) columns.push_back(name);
  return columns;
}

}  // namespace greentrain
