#include <cmath>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "meter/energy_report.h"

namespace greentrain {
namespace {

using nlohmann::json;

/// A place in the JSON text, for messages: "energy.components[2].joules".
struct Field {
  const json& value;
  std::string path;

  [[noreturn]] void fail(const std::string& expected) const {
    std::string found = value.is_null() ? "missing or null" : value.dump();
    if (found.size() > 40) found = found.substr(0, 40) + "...";
    throw Error(path + " is " + found + ", expected " + expected);
  }

  Field operator[](const std::string& name) const {
    static const json kMissing;
    if (!value.is_object()) fail("an object");
    const auto found = value.find(name);
    return {found == value.end() ? kMissing : *found, path + "." + name};
  }

  std::vector<Field> items() const {
    if (!value.is_array()) fail("a list");
    std::vector<Field> list;
    for (std::size_t i = 0; i < value.size(); ++i) {
      list.push_back({value[i], path + "[" + std::to_string(i) + "]"});
    }
    return list;
  }

  double number(double most = HUGE_VAL) const {
    const bool good = value.is_number() && value.get<double>() >= 0 && value.get<double>() <= most;
    if (!good) fail(most == 1 ? "a number from 0 to 1" : "a number that is not negative");
    return value.get<double>();
  }

  std::string text() const {
    if (!value.is_string()) fail("a text");
    return value.get<std::string>();
  }
};

json figure(Joules joules, Quality quality) {
  return quality == Quality::Unmeasured ? json(nullptr) : json(joules.value);
}

void put(json& object, const Energy& energy) {
  object["joules"] = figure(energy.joules, energy.quality);
  object["joules_lo"] = figure(energy.lo, energy.quality);
  object["joules_hi"] = figure(energy.hi, energy.quality);
  object["covered_fraction"] = energy.covered_fraction;
  object["quality"] = to_string(energy.quality);
  object["resets"] = energy.resets;
  object["gaps"] = energy.gaps;
}

Energy energy_from(const Field& field) {
  Energy energy;
  energy.covered_fraction = field["covered_fraction"].number(1);
  const auto quality = quality_from_string(field["quality"].text());
  if (!quality) field["quality"].fail("measured, integrated, estimated or unmeasured");
  energy.quality = *quality;
  energy.resets = static_cast<int>(field["resets"].number());
  energy.gaps = static_cast<int>(field["gaps"].number());
  if (energy.quality == Quality::Unmeasured) {
    for (const char* name : {"joules", "joules_lo", "joules_hi"}) {
      if (!field[name].value.is_null()) field[name].fail("null, since the quality is unmeasured");
    }
    return energy;
  }
  energy.joules = {field["joules"].number()};
  energy.lo = {field["joules_lo"].number()};
  energy.hi = {field["joules_hi"].number()};
  if (energy.lo > energy.joules) field["joules_lo"].fail("at most joules");
  if (energy.hi < energy.joules) field["joules_hi"].fail("at least joules");
  return energy;
}

json component_json(const EnergyComponent& component) {
  json object{{"node", component.node},
              {"sensor", component.sensor},
              {"device", component.device},
              {"source", component.source},
              {"lost_readings", component.lost_readings},
              {"update_period_s", component.update_period.count()},
              {"counter_vs_integral_pct", nullptr}};
  if (component.counter_over_integral) {
    object["counter_vs_integral_pct"] = *component.counter_over_integral * 100;
  }
  put(object, component.energy);
  return object;
}

EnergyComponent component_from(const Field& field) {
  EnergyComponent component{
      field["node"].text(),   field["sensor"].text(),
      field["device"].text(), field["source"].text(),
      energy_from(field),     static_cast<int>(field["lost_readings"].number())};
  const Field check = field["counter_vs_integral_pct"];
  if (check.value.is_number()) component.counter_over_integral = check.value.get<double>() / 100;
  const Field period = field["update_period_s"];
  if (period.value.is_number()) component.update_period = Seconds(period.number());
  return component;
}

PhaseEnergy phase_from(const Field& field, Quality total) {
  const auto phase = phase_from_string(field["phase"].text());
  if (!phase) field["phase"].fail("the name of a phase, such as forward");
  const bool measured = total != Quality::Unmeasured;
  return {*phase, Seconds(field["time_s"].number()),
          Joules{measured ? field["joules"].number() : 0}};
}

json job_json(const JobShare& job) {
  json object{{"cpu_time_s", job.cpu_time.count()},
              {"machine_cpu_time_s", job.machine_cpu_time.count()},
              {"gpus", job.gpus},
              {"idle", nullptr}};
  put(object, job.energy);
  if (job.idle) object["idle"] = to_json(*job.idle);
  return object;
}

JobShare job_from(const Field& field) {
  JobShare job;
  job.cpu_time = Seconds(field["cpu_time_s"].number());
  job.machine_cpu_time = Seconds(field["machine_cpu_time_s"].number());
  for (const Field& gpu : field["gpus"].items()) job.gpus.push_back(gpu.text());
  job.energy = energy_from(field);
  const Field idle = field["idle"];
  if (!idle.value.is_null()) job.idle = energy_from(idle);
  return job;
}

json earlier_json(const EarlierEnergy& earlier) {
  json object{{"attempts", earlier.attempts}, {"cut_off", earlier.cut_off}};
  put(object, earlier.energy);
  object["wasted"] = {{"steps", earlier.repeated_steps}};
  put(object["wasted"], earlier.wasted);
  return object;
}

EarlierEnergy earlier_from(const Field& field) {
  const Field wasted = field["wasted"];
  return {.attempts = static_cast<std::int64_t>(field["attempts"].number()),
          .cut_off = static_cast<std::int64_t>(field["cut_off"].number()),
          .energy = energy_from(field),
          .repeated_steps = static_cast<std::int64_t>(wasted["steps"].number()),
          .wasted = energy_from(wasted)};
}

}  // namespace

json to_json(const Energy& energy) {
  json object;
  put(object, energy);
  return object;
}

Energy energy_from_json(const json& object) { return energy_from({object, "energy"}); }

json to_json(const EnergyReport& report) {
  const Quality quality = report.total.quality;
  json object;
  put(object, report.total);
  object["components"] = json::array();
  for (const EnergyComponent& part : report.components) {
    object["components"].push_back(component_json(part));
  }
  object["phases"] = json::array();
  for (const PhaseEnergy& phase : report.phases) {
    object["phases"].push_back({{"phase", to_string(phase.phase)},
                                {"time_s", phase.time.count()},
                                {"joules", figure(phase.joules, quality)},
                                {"quality", to_string(std::max(quality, Quality::Estimated))}});
  }
  object["excludes"] = report.excludes;
  object["left_out"] = report.left_out;
  object["notes"] = report.notes;
  object["job"] = report.job ? job_json(*report.job) : json();
  object["earlier"] = report.earlier ? earlier_json(*report.earlier) : json();
  return object;
}

EnergyReport energy_report_from_json(const json& object) {
  const Field root{object, "energy"};
  EnergyReport report;
  report.total = energy_from(root);
  for (const Field& item : root["components"].items()) {
    report.components.push_back(component_from(item));
  }
  for (const Field& item : root["phases"].items()) {
    report.phases.push_back(phase_from(item, report.total.quality));
  }
  for (const Field& item : root["excludes"].items()) report.excludes.push_back(item.text());
  for (const Field& item : root["left_out"].items()) report.left_out.push_back(item.text());
  for (const Field& item : root["notes"].items()) report.notes.push_back(item.text());
  const Field job = root["job"];
  if (!job.value.is_null()) report.job = job_from(job);
  const Field earlier = root["earlier"];
  if (!earlier.value.is_null()) report.earlier = earlier_from(earlier);
  return report;
}

}  // namespace greentrain
