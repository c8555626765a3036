#include "meter/sensors.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <unistd.h>

#include "core/error.h"
#include "core/text.h"
#include "meter/calibration.h"
#include "meter/cpu_model_sensor.h"
#include "meter/hwmon_sensor.h"
#include "meter/nvml_sensor.h"
#include "meter/rapl_sensor.h"
#include "meter/sensor_choice.h"

namespace greentrain {
namespace {

using Sensors = std::vector<std::unique_ptr<EnergySensor>>;

/// What one kind of sensor found on this machine.
struct Found {
  std::string kind;
  Sensors sensors{};
  Sensors outer{};  ///< Contain what better sensors measure; the last resort.
  std::vector<std::string> left_out{};
  std::vector<std::string> problems{};
  std::vector<std::string> absent{};  ///< What this machine just does not have.
  std::vector<std::string> unseen{};  ///< Devices that are there and not measured.
};

template <class Item>
void append(std::vector<Item>& list, std::vector<Item> more) {
  std::move(more.begin(), more.end(), std::back_inserter(list));
}

Found find_nvml(const Clock& clock, const MachineTree& machine) {
  NvmlGpus gpus = open_nvml_gpus_within(machine.nvml_patience, machine.nvml, clock);
  Found found{.kind = "nvml"};
  found.sensors = std::move(gpus.sensors);
  found.problems = std::move(gpus.problems);
  found.unseen = std::move(gpus.unseen);
  return found;
}

Found find_rapl(const Clock& clock, const MachineTree& machine) {
  RaplZones zones = open_rapl_zones(machine.sys / "class/powercap", clock);
  Found found{.kind = "rapl"};
  found.sensors = std::move(zones.sensors);
  found.outer = std::move(zones.platform);
  found.left_out = std::move(zones.left_out);
  found.problems = std::move(zones.problems);
  return found;
}

Found find_perf(const Clock& clock, const MachineTree& machine) {
  const bool amd = identify_cpu(machine.proc / "cpuinfo").name.find("AMD") != std::string::npos;
  PerfEnergy energy = open_perf_energy(machine.sys, amd, machine.perf, clock);
  Found found{.kind = "perf"};
  found.sensors = std::move(energy.sensors);
  found.problems = std::move(energy.problems);
  found.absent = std::move(energy.absent);
  return found;
}

Found find_hwmon(const Clock& clock, const MachineTree& machine) {
  HwmonSensors hwmon = open_hwmon_sensors(machine.sys / "class/hwmon", clock);
  Found found{.kind = "hwmon"};
  found.sensors = std::move(hwmon.sockets);
  append(found.sensors, std::move(hwmon.modules));
  found.outer = std::move(hwmon.machine);
  found.left_out = std::move(hwmon.left_out);
  found.problems = std::move(hwmon.problems);
  found.absent = std::move(hwmon.absent);
  return found;
}

Found find_model(const Clock& clock, const MachineTree& machine, std::vector<std::string>& notes) {
  const CpuPowerRange range = cpu_power_range(identify_cpu(machine.proc / "cpuinfo"));
  auto sensor = std::make_unique<CpuModelSensor>(range, machine.proc / "stat", clock);
  Found found{.kind = "model"};
  if (sensor->read().status != ReadStatus::Ok) {
    found.problems.push_back("cannot read " + (machine.proc / "stat").string() + "; mount /proc");
    return found;
  }
  for (const auto& note : range.notes) notes.push_back("model:cpu: " + note + ".");
  found.sensors.push_back(std::move(sensor));
  return found;
}

const std::vector<std::string> kKinds{"nvml", "rapl", "perf", "hwmon", "model"};

void check_names(const std::vector<std::string>& names) {
  std::vector<std::string> known{"auto"};
  known.insert(known.end(), kKinds.begin(), kKinds.end());
  for (const std::string& name : names) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      throw UsageError("meter.sensors holds \"" + name + "\", expected " + join_with_or(known));
    }
  }
  const bool automatic = std::find(names.begin(), names.end(), "auto") != names.end();
  if (automatic && names.size() > 1) {
    throw UsageError("meter.sensors holds auto beside other names; choose one");
  }
}

std::string host_name() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) return "unknown";
  return name.data();
}

bool present(const std::filesystem::path& path) {
  std::error_code error;
  return std::filesystem::exists(path, error);
}

bool has_nvidia_gpu(const MachineTree& machine) {
  return present(machine.proc / "driver/nvidia") || present(machine.dev / "nvidia0") ||
         (!machine.nvml.empty() && machine.nvml != MachineTree{}.nvml);
}

std::string join(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : "; ") + part;
  return text;
}

std::string reasons(const Found& found) {
  return join(found.problems.empty() ? found.absent : found.problems);
}

class Builder {
 public:
  Builder(const Clock& clock, const MachineTree& machine) : clock_(clock), machine_(machine) {
    set_.node = host_name();
  }

  void add_everything() {
    std::vector<Found> found;
    for (const char* kind : {"nvml", "rapl", "perf", "hwmon"}) found.push_back(find(kind));
    Sensors best_first;
    for (Found& kind : found) append(best_first, std::move(kind.sensors));
    for (Found& kind : found) append(best_first, std::move(kind.outer));
    SensorChoice choice = choose_sensors(std::move(best_first));
    set_.sensors = std::move(choice.taken);
    append(set_.left_out, std::move(choice.left_out));
    if (!sees_cpu()) found.push_back(add_model());
    for (Found& kind : found) {
      append(set_.left_out, std::move(kind.left_out));
      append(set_.excludes, std::move(kind.unseen));
      explain(kind);
    }
  }

  void add_named(const std::vector<std::string>& names) {
    for (const std::string& name : names) {
      Found found = find(name);
      if (found.sensors.empty()) found.sensors = std::move(found.outer);
      if (found.sensors.empty()) {
        throw UsageError("meter.sensors asks for " + name +
                         ", which is not available: " + reasons(found) + "; or choose auto");
      }
      append(set_.excludes, std::move(found.unseen));
      for (const auto& problem : found.problems) set_.notes.push_back(name + ": " + problem + ".");
      append(set_.left_out, std::move(found.left_out));
      for (auto& sensor : found.sensors) add_apart(std::move(sensor), name);
    }
  }

  SensorSet finish() {
    list_what_is_left_out();
    return std::move(set_);
  }

 private:
  Found find(const std::string& kind) {
    if (kind == "nvml") return find_nvml(clock_, machine_);
    if (kind == "rapl") return find_rapl(clock_, machine_);
    if (kind == "perf") return find_perf(clock_, machine_);
    if (kind == "hwmon") return find_hwmon(clock_, machine_);
    return find_model(clock_, machine_, set_.notes);
  }

  Found add_model() {
    Found model = find("model");
    append(set_.sensors, std::move(model.sensors));
    return model;
  }

  /// Named sensors are meant to be used, all of them: two that overlap are a mistake.
  void add_apart(std::unique_ptr<EnergySensor> sensor, const std::string& kind) {
    for (const auto& other : set_.sensors) {
      if (!overlap(sensor->info(), other->info())) continue;
      throw UsageError("meter.sensors holds " + kind + ", whose " + sensor->info().id +
                       " measures the same as " + other->info().id +
                       "; choose one of the two kinds, or auto");
    }
    set_.sensors.push_back(std::move(sensor));
  }

  /// A kind that this machine has but does not let us read is worth a note; one that it does not
  /// have, or that nothing is missing without, is not.
  void explain(const Found& kind) {
    if (!kind.absent.empty()) set_.absent.push_back(kind.kind + ": " + join(kind.absent) + ".");
    if (kind.problems.empty()) return;
    const bool worth_it = kind.kind == "nvml" ? has_nvidia_gpu(machine_)
                                              : takes(kind.kind + ":") || !has_cpu_counter();
    (worth_it ? set_.notes : set_.absent).push_back(kind.kind + ": " + join(kind.problems) + ".");
  }

  bool takes(const std::string& id) const {
    return std::any_of(set_.sensors.begin(), set_.sensors.end(),
                       [&](const auto& sensor) { return sensor->info().id.rfind(id, 0) == 0; });
  }
  bool sees_cpu() const { return sees("package:") || sees("grace:"); }
  bool has_cpu_counter() const { return sees_cpu() && !takes("model:"); }

  /// Whether a part of this kind, "dram:", lies inside one of the sensors.
  bool sees(const std::string& kind) const { return sees_part(kind + "*"); }
  bool sees_part(const std::string& part) const {
    SensorInfo wanted;
    wanted.parts = {part};
    return std::any_of(set_.sensors.begin(), set_.sensors.end(),
                       [&](const auto& sensor) { return overlap(sensor->info(), wanted); });
  }

  void list_what_is_left_out() {
    if (sees("machine")) return;  // All of it: only a meter of the whole machine has this part.
    const bool grace = sees("grace:") && !takes("model:");
    if (!sees_cpu()) set_.excludes.push_back("CPU");
    if (!sees("dram:") && !grace) set_.excludes.push_back("DRAM");
    if (sees("dram:")) list_other_dram();
    const bool other_gpu = present(machine_.dev / "kfd");
    const bool unseen_gpu = has_nvidia_gpu(machine_) && !sees("gpu:") && !sees("gpu-of-module:");
    const bool named = std::any_of(set_.excludes.begin(), set_.excludes.end(),
                                   [](const auto& what) { return what.rfind("GPU", 0) == 0; });
    if (other_gpu || (unseen_gpu && !named)) set_.excludes.push_back("GPU");
    for (const char* part : {"main board", "disks", "network", "fans", "power supply losses"}) {
      set_.excludes.push_back(part);
    }
  }

  /// Of a package whose own counter is read, beside others whose DRAM is, too.
  void list_other_dram() {
    std::vector<std::string> unseen;
    for (const auto& sensor : set_.sensors) {
      for (const std::string& part : sensor->info().parts) {
        const std::string package = part.substr(part.find(':') + 1);
        const bool is_package = part.rfind("package:", 0) == 0 && package != "*";
        if (is_package && !sees_part("dram:" + package)) unseen.push_back("DRAM of " + package);
      }
    }
    append(set_.excludes, std::move(unseen));
  }

  const Clock& clock_;
  const MachineTree& machine_;
  SensorSet set_;
};

}  // namespace

MachineTree machine_tree(const Environment& environment) {
  MachineTree machine;
  if (const auto root = environment("GREENTRAIN_SYSFS_ROOT")) machine.sys = *root;
  if (const auto library = environment("GREENTRAIN_NVML")) machine.nvml = *library;
  machine.calibration = calibration_file(environment).value_or("");
  return machine;
}

SensorSet make_sensors(const MeterOptions& options, const Clock& clock,
                       const MachineTree& machine) {
  check_names(options.sensors);
  Builder builder(clock, machine);
  if (options.sensors == std::vector<std::string>{"auto"}) {
    builder.add_everything();
  } else {
    builder.add_named(options.sensors);
  }
  SensorSet set = builder.finish();
  if (options.sensors.empty()) set.notes.push_back("meter.sensors is empty: no meter ran.");
  return set;
}

}  // namespace greentrain
