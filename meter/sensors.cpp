#include "meter/sensors.h"

#include <algorithm>
#include <array>
#include <unistd.h>

#include "core/error.h"
#include "meter/cpu_model_sensor.h"
#include "meter/rapl_sensor.h"
#include "meter/small_file.h"

namespace greentrain {
namespace {

std::string host_name() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) return "unknown";
  return name.data();
}

bool present(const std::filesystem::path& path) {
  std::error_code error;
  return std::filesystem::exists(path, error);
}

bool has_gpu(const MachineTree& machine) {
  return present(machine.proc / "driver/nvidia") || present(machine.dev / "nvidia0") ||
         present(machine.dev / "kfd");
}

std::string join(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : "; ") + part;
  return text;
}

/// Which sensors were asked for; each name checked once.
struct Request {
  bool rapl{false};
  bool model{false};
  bool automatic{false};

  explicit Request(const std::vector<std::string>& names) {
    for (const std::string& name : names) {
      bool* wanted = name == "rapl" ? &rapl : name == "model" ? &model : nullptr;
      if (name == "auto") wanted = &automatic;
      if (wanted == nullptr) {
        throw UsageError("meter.sensors holds \"" + name + "\", expected auto, rapl or model");
      }
      *wanted = true;
    }
    if (rapl && model) {
      throw UsageError(
          "meter.sensors holds both rapl and model, which measure the same CPU; choose one, or "
          "auto");
    }
    if (automatic && (rapl || model)) {
      throw UsageError("meter.sensors holds auto beside other names; choose one");
    }
  }
};

struct Builder {
  const Clock& clock;
  const MachineTree& machine;
  SensorSet set;
  bool dram{false};
  bool cpu{false};

  /// Empty if RAPL delivers, else why it does not.
  std::vector<std::string> add_rapl() {
    RaplZones zones = open_rapl_zones(machine.powercap, clock);
    if (zones.sensors.empty()) return zones.problems;
    for (const auto& problem : zones.problems) set.notes.push_back("rapl: " + problem + ".");
    for (auto& sensor : zones.sensors) set.sensors.push_back(std::move(sensor));
    dram = zones.dram;
    cpu = true;
    return {};
  }

  bool add_model() {
    const CpuPowerRange range = cpu_power_range(identify_cpu(machine.proc / "cpuinfo"));
    auto sensor = std::make_unique<CpuModelSensor>(range, machine.proc / "stat", clock);
    if (sensor->read().status != ReadStatus::Ok) return false;
    for (const auto& note : range.notes) set.notes.push_back("model:cpu: " + note + ".");
    set.sensors.push_back(std::move(sensor));
    cpu = true;
    return true;
  }

  void list_what_is_left_out() {
    if (!cpu) set.excludes.push_back("CPU");
    if (!dram) set.excludes.push_back("DRAM");
    if (has_gpu(machine)) set.excludes.push_back("GPU");
    for (const char* part : {"main board", "disks", "network", "fans", "power supply losses"}) {
      set.excludes.push_back(part);
    }
  }
};

}  // namespace

SensorSet make_sensors(const MeterOptions& options, const Clock& clock,
                       const MachineTree& machine) {
  const Request request(options.sensors);
  Builder builder{clock, machine, {}};
  builder.set.node = host_name();
  const std::string stat = (machine.proc / "stat").string();
  if (request.rapl) {
    const auto problems = builder.add_rapl();
    if (!problems.empty()) {
      throw UsageError("meter.sensors asks for rapl, which is not available: " + join(problems) +
                       "; or choose auto or model");
    }
  }
  if (request.model && !builder.add_model()) {
    throw UsageError("meter.sensors asks for model, which needs " + stat +
                     ", and that cannot be read; mount /proc, or choose rapl");
  }
  if (request.automatic) {
    const auto problems = builder.add_rapl();
    if (!problems.empty()) {
      builder.set.notes.push_back("rapl: " + join(problems) + ".");
      if (!builder.add_model()) builder.set.notes.push_back("model:cpu: cannot read " + stat + ".");
    }
  }
  if (options.sensors.empty()) builder.set.notes.push_back("meter.sensors is empty: no meter ran.");
  builder.list_what_is_left_out();
  return std::move(builder.set);
}

}  // namespace greentrain
