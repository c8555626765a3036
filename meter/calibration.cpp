#include "meter/calibration.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/file.h"

namespace greentrain {
namespace {

using nlohmann::json;

json read_all(const std::filesystem::path& file) {
  std::error_code error;
  if (!std::filesystem::exists(file, error)) return json::object();
  const json all = json::parse(read_file(file), nullptr, /*allow_exceptions=*/false);
  if (!all.is_object()) {
    throw UsageError(file.string() +
                     " is damaged: expected the JSON that greenmeter calibrate writes; delete it "
                     "and calibrate again");
  }
  return all;
}

Calibration from_json(const json& object) {
  Calibration calibration;
  calibration.date = object.at("date").get<std::string>();
  for (const auto& [sensor, power] : object.at("idle").items()) {
    calibration.idle[sensor] = {Watts{power.at("watts").get<double>()},
                                Watts{power.at("watts_lo").get<double>()},
                                Watts{power.at("watts_hi").get<double>()}};
  }
  const json& ratio = object.at("wall_ratio");
  if (!ratio.is_null()) calibration.wall_ratio = ratio.get<double>();
  return calibration;
}

json to_json(const Calibration& calibration) {
  json idle = json::object();
  for (const auto& [sensor, power] : calibration.idle) {
    idle[sensor] = {
        {"watts", power.watts.value}, {"watts_lo", power.lo.value}, {"watts_hi", power.hi.value}};
  }
  json object{{"date", calibration.date}, {"idle", idle}, {"wall_ratio", nullptr}};
  if (calibration.wall_ratio) object["wall_ratio"] = *calibration.wall_ratio;
  return object;
}

}  // namespace

std::map<std::string, MeanPower> mean_power(const EnergyReport& report, Seconds time) {
  std::map<std::string, MeanPower> power;
  for (const EnergyComponent& part : report.components) {
    if (part.energy.quality == Quality::Unmeasured || time <= Seconds(0)) continue;
    power[part.sensor] = {part.energy.joules / time, part.energy.lo / time, part.energy.hi / time};
  }
  return power;
}

std::optional<Energy> above_idle(const EnergyReport& report, Seconds time,
                                 const Calibration& calibration) {
  std::vector<Energy> parts;
  for (const EnergyComponent& part : report.components) {
    if (part.energy.quality == Quality::Unmeasured) continue;
    const auto idle = calibration.idle.find(part.sensor);
    if (idle == calibration.idle.end()) return std::nullopt;
    Energy above = part.energy;
    above.lo = std::max(Joules{}, above.lo - idle->second.hi * time);
    above.hi = std::max(Joules{}, above.hi - idle->second.lo * time);
    above.joules = std::clamp(above.joules - idle->second.watts * time, above.lo, above.hi);
    above.quality = std::max(above.quality, Quality::Estimated);
    parts.push_back(above);
  }
  if (parts.empty()) return std::nullopt;
  return sum(parts);
}

std::optional<std::filesystem::path> calibration_file(const Environment& environment) {
  const std::filesystem::path name = "greentrain/calibration.json";
  if (const auto state = environment("XDG_STATE_HOME"); state && !state->empty()) {
    return *state / name;
  }
  const auto home = environment("HOME");
  if (!home || home->empty()) return std::nullopt;
  return std::filesystem::path(*home) / ".local/state" / name;
}

std::optional<Calibration> load_calibration(const std::filesystem::path& file,
                                            const std::string& node) {
  const json all = read_all(file);
  const auto found = all.find(node);
  if (found == all.end()) return std::nullopt;
  try {
    return from_json(*found);
  } catch (const json::exception& error) {
    throw UsageError(file.string() + " is damaged at " + node + " (" + error.what() +
                     "); delete it and run greenmeter calibrate again");
  }
}

void save_calibration(const std::filesystem::path& file, const std::string& node,
                      const Calibration& calibration) {
  json all = read_all(file);
  all[node] = to_json(calibration);
  std::filesystem::create_directories(file.parent_path());
  write_file_atomically(file, all.dump(2) + "\n");
}

}  // namespace greentrain
