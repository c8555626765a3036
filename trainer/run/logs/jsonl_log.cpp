#include "trainer/run/logs/jsonl_log.h"

#include <string_view>

#include <nlohmann/json.hpp>

namespace greentrain {
namespace {

using nlohmann::ordered_json;

constexpr std::string_view kPhases = "phases_s.";

}  // namespace

void JsonlLog::write(const MetricsPoint& point) {
  ordered_json line;
  for (const auto& [name, value] : numbers_of(point)) {
    if (name.starts_with(kPhases)) {
      line["phases_s"][name.substr(kPhases.size())] = value;
    } else {
      line[name] = value;
    }
  }
  // Counts, not measurements.
  line["step"] = point.step;
  line["epoch"] = point.epoch;
  line["samples_seen"] = point.samples_seen;
  if (!point.passed_over.empty()) line["passed_over"] = point.passed_over;
  file_.append(line.dump() + "\n");
}

}  // namespace greentrain
