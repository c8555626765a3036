#include "trainer/run/metrics_log.h"

#include <cmath>

#include <nlohmann/json.hpp>

namespace greentrain {
namespace {

void put(nlohmann::ordered_json& line, const std::string& name,
         const std::optional<double>& value) {
  // JSON has no NaN: a loss that is none is left out, as what is unknown is.
  if (value && std::isfinite(*value)) line[name] = *value;
}

void put_phases(nlohmann::ordered_json& line, const std::array<Seconds, kPhaseCount>& phases) {
  nlohmann::ordered_json object = nlohmann::ordered_json::object();
  for (int i = 0; i < kPhaseCount; ++i) {
    const Seconds spent = phases[static_cast<std::size_t>(i)];
    if (spent > Seconds{0}) object[to_string(static_cast<Phase>(i))] = spent.count();
  }
  line["phases_s"] = std::move(object);
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
  for (const auto& [name, value] : point.validation_metrics) {
    put(line, "validation_" + name, value);
  }
  put(line, "learning_rate", point.learning_rate);
  put(line, "gradient_norm", point.gradient_norm);
  put(line, "loss_scale", point.loss_scale);
  if (!point.passed_over.empty()) line["passed_over"] = point.passed_over;
  put(line, "samples_per_s", point.samples_per_s);
  if (point.power) put(line, "watts", point.power->value);
  if (point.joules) put(line, "joules", point.joules->value);
  if (point.phases) put_phases(line, *point.phases);
  file_.append(line.dump() + "\n");
}

}  // namespace greentrain
