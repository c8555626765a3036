#include "trainer/run/metrics_log.h"

#include <cmath>

#include <nlohmann/json.hpp>

namespace greentrain {
namespace {

void put(nlohmann::ordered_json& line, const char* name, const std::optional<double>& value) {
  // JSON has no NaN: a loss that is none is left out, as what is unknown is.
  if (value && std::isfinite(*value)) line[name] = *value;
}

}  // namespace

MetricsLog::MetricsLog(const std::filesystem::path& path) : file_(path) {}

void MetricsLog::write(const MetricsPoint& point) {
  nlohmann::ordered_json line{{"step", point.step},
                              {"epoch", point.epoch},
                              {"samples_seen", point.samples_seen},
                              {"time_s", point.time.count()}};
  put(line, "loss", point.loss);
  put(line, "validation_loss", point.validation_loss);
  put(line, "validation_accuracy", point.validation_accuracy);
  put(line, "learning_rate", point.learning_rate);
  put(line, "samples_per_s", point.samples_per_s);
  if (point.power) put(line, "watts", point.power->value);
  if (point.joules) put(line, "joules", point.joules->value);
  file_.append(line.dump() + "\n");
}

}  // namespace greentrain
