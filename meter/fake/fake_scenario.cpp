#include "meter/fake/fake_scenario.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>

#include <nlohmann/json.hpp>

#include "core/error.h"

namespace greentrain::fake {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

/// An object of the scenario; take() reads a field and finish() refuses what nobody took.
class Section {
 public:
  Section(const json& object, std::string path) : object_(object), path_(std::move(path)) {
    if (!object.is_object()) throw UsageError(path_ + " is no object, expected {...}");
  }

  template <class Value>
  void take(const char* name, Value& value) {
    const json* field = find(name);
    if (field == nullptr) return;
    try {
      value = field->get<Value>();
    } catch (const json::exception&) {
      throw UsageError(path_ + "." + name + " is " + field->dump() + ", which has the wrong type");
    }
  }
  const json* find(const char* name) {
    known_.insert(name);
    const auto found = object_.find(name);
    return found == object_.end() ? nullptr : &*found;
  }
  void finish() const {
    for (const auto& [name, value] : object_.items()) {
      if (known_.count(name) == 0) {
        throw UsageError(path_ + "." + name + " is unknown; docs/fakes.md lists the fields");
      }
    }
  }
  std::string at(const char* name) const { return path_ + "." + name; }

 private:
  const json& object_;
  std::string path_;
  std::set<std::string> known_;
};

/// A list of [seconds, value], rising in time.
std::vector<Step> steps_from(const json& list, const std::string& path) {
  std::vector<Step> steps;
  try {
    for (const json& pair : list) steps.push_back({pair.at(0), pair.at(1)});
  } catch (const json::exception&) {
    throw UsageError(path + " is " + list.dump() + ", expected a list of [seconds, value]");
  }
  const auto earlier = [](const Step& a, const Step& b) { return a.from_s < b.from_s; };
  if (!std::is_sorted(steps.begin(), steps.end(), earlier)) {
    throw UsageError(path + " goes back in time; list its steps in their order");
  }
  return steps;
}

Fault fault_from(const json& object, const std::string& path) {
  Section section(object, path);
  Fault fault;
  section.take("call", fault.call);
  section.take("from_s", fault.from_s);
  section.take("to_s", fault.to_s);
  section.take("error", fault.error);
  section.take("block_s", fault.block_s);
  section.take("freeze", fault.freeze);
  if (const json* shows = section.find("shows")) fault.shows = shows->get<double>();
  section.finish();
  return fault;
}

std::string numbered(const char* format, int number) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), format, static_cast<unsigned>(number));
  return text.data();
}

void read_lists(Section& section, FakeGpu& gpu, const fs::path& folder) {
  if (const json* load = section.find("load")) gpu.load = steps_from(*load, section.at("load"));
  if (const json* limit = section.find("out_of_band_limit_w")) {
    gpu.out_of_band_limit = steps_from(*limit, section.at("out_of_band_limit_w"));
  }
  if (const json* curve = section.find("power_curve")) {
    Section where(*curve, section.at("power_curve"));
    std::string file, name, model;
    where.take("file", file);
    where.take("gpu", name);
    where.take("model", model);
    where.finish();
    gpu.curve = read_power_curve(folder / file, name, model);
  }
  if (const json* faults = section.find("faults")) {
    for (const json& fault : *faults) {
      gpu.faults.push_back(fault_from(fault, section.at("faults")));
    }
  }
}

FakeGpu gpu_from(const json& object, int number, const fs::path& folder, int* count) {
  Section section(object, "gpus[" + std::to_string(number) + "]");
  FakeGpu gpu;
  section.take("count", *count);
  section.take("uuid", gpu.uuid);
  section.take("name", gpu.name);
  section.take("pci_bus_id", gpu.pci_bus_id);
  section.take("idle_w", gpu.idle_w);
  section.take("full_w", gpu.full_w);
  gpu.max_limit_w = gpu.full_w;
  section.take("max_limit_w", gpu.max_limit_w);
  gpu.default_limit_w = gpu.max_limit_w;
  section.take("default_limit_w", gpu.default_limit_w);
  gpu.min_limit_w = std::min(gpu.min_limit_w, gpu.max_limit_w);
  section.take("min_limit_w", gpu.min_limit_w);
  section.take("update_period_s", gpu.update_period_s);
  section.take("counter_gain", gpu.counter_gain);
  section.take("energy_counter", gpu.energy_counter);
  section.take("average_power", gpu.average_power);
  section.take("module_scope", gpu.module_scope);
  section.take("cpu_w", gpu.cpu_w);
  section.take("mig_instances", gpu.mig_instances);
  section.take("resets_s", gpu.resets_s);
  read_lists(section, gpu, folder);
  section.finish();
  return gpu;
}

Permission permission_from(const std::string& name) {
  if (name == "root") return Permission::Root;
  if (name == "all") return Permission::All;
  if (name == "none") return Permission::None;
  throw UsageError("permission is \"" + name + "\", expected root, all or none");
}

void read_gpus(Section& root, FakeScenario& scenario, const fs::path& folder) {
  const json* list = root.find("gpus");
  if (list == nullptr || !list->is_array()) throw UsageError("gpus is missing, expected a list");
  for (const json& object : *list) {
    int count = 1;
    const FakeGpu gpu = gpu_from(object, static_cast<int>(scenario.gpus.size()), folder, &count);
    for (int copy = 0; copy < count; ++copy) {
      const int number = static_cast<int>(scenario.gpus.size());
      FakeGpu& added = scenario.gpus.emplace_back(gpu);
      if (added.uuid.empty()) {
        added.uuid = numbered("GPU-00000000-0000-0000-0000-%012x", number);
      }
      if (added.pci_bus_id.empty()) added.pci_bus_id = numbered("00000000:%02X:00.0", number + 1);
    }
  }
}

FakeScenario scenario_from(const fs::path& file) {
  const json object = json::parse(read_text(file), nullptr, true, /*ignore_comments=*/true);
  const fs::path folder = fs::absolute(file).parent_path();
  Section root(object, "scenario");
  FakeScenario scenario;
  std::string clock, state = file.filename().string() + ".state", log, permission = "root";
  root.take("driver_version", scenario.driver_version);
  root.take("clock", clock);
  root.take("state", state);
  root.take("call_log", log);
  root.take("permission", permission);
  if (!clock.empty()) scenario.clock = folder / clock;
  if (!log.empty()) scenario.call_log = folder / log;
  scenario.state = folder / state;
  scenario.permission = permission_from(permission);
  read_gpus(root, scenario, folder);
  root.finish();
  return scenario;
}

std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  std::istringstream stream(line);
  for (std::string cell; std::getline(stream, cell, ',');) cells.push_back(cell);
  return cells;
}

}  // namespace

FakeScenario read_fake_scenario(const fs::path& file) {
  try {
    return scenario_from(file);
  } catch (const json::exception& error) {
    throw UsageError(file.string() + ": " + error.what());
  } catch (const UsageError& error) {
    throw UsageError(file.string() + ": " + error.what());
  }
}

std::string read_text(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(stream), {}};
  if (!stream) throw UsageError("cannot read " + file.string());
  return text;
}

std::vector<CurvePoint> read_power_curve(const fs::path& csv, const std::string& gpu,
                                         const std::string& model) {
  std::istringstream lines(read_text(csv));
  std::string line;
  std::getline(lines, line);
  const auto header = cells_of(line);
  const auto column = [&](const char* name) {
    const auto found = std::find(header.begin(), header.end(), name);
    if (found == header.end()) throw UsageError(csv.string() + " has no column " + name);
    return static_cast<std::size_t>(found - header.begin());
  };
  const std::size_t of_gpu = column("gpu"), of_model = column("model"), of_cap = column("cap_w"),
                    of_power = column("avg_power_w");
  std::map<double, std::pair<double, int>> by_cap;
  while (std::getline(lines, line)) {
    const auto cells = cells_of(line);
    if (cells.size() != header.size() || cells[of_gpu] != gpu || cells[of_model] != model) continue;
    auto& [power, rows] = by_cap[std::stod(cells[of_cap])];
    power += std::stod(cells[of_power]);
    ++rows;
  }
  if (by_cap.empty()) throw UsageError(csv.string() + " has no row of " + gpu + " and " + model);
  std::vector<CurvePoint> curve;
  for (const auto& [cap, sum] : by_cap) curve.push_back({cap, sum.first / sum.second});
  return curve;
}

}  // namespace greentrain::fake
