#include "meter/hwmon_sensor.h"

#include <algorithm>
#include <cstdlib>
#include <set>

#include "meter/counter.h"
#include "meter/number_file.h"
#include "meter/power_total.h"
#include "meter/small_file.h"

namespace greentrain {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr double kPerMicro = 1e-6;
constexpr double kAccuracy = 0.10;  // As of RAPL: no vendor states a bound (docs/measuring.md).
constexpr Seconds kCounterUpdate = 1ms;
constexpr std::chrono::milliseconds kPowerPeriod{100};

// More than any of these draws: a CPU package (meter/rapl_sensor.cpp), a Grace superchip of one CPU
// and two GPUs, a machine of eight GPUs.
constexpr Watts kMaxPackage{1000};
constexpr Watts kMaxModule{4000};
constexpr Watts kMaxMachine{20000};

/// energyN_input in microjoules: 64 bits that the driver keeps from wrapping.
class HwmonCounter final : public EnergySensor {
 public:
  HwmonCounter(SensorInfo info, fs::path file, const Clock& clock)
      : info_(std::move(info)),
        file_(std::move(file)),
        total_({.range = {}, .max_power = info_.max_power, .update_period = info_.update_period}),
        clock_(clock) {}
  const SensorInfo& info() const override { return info_; }

  Reading read() override {
    Reading reading;
    reading.before = clock_.now();
    const auto microjoules = file_.read();
    reading.after = clock_.now();
    if (!microjoules) return reading;
    const Joules energy{*microjoules * kPerMicro};
    if (total_.add(energy, reading.before, reading.after)) fill(reading, total_);
    return reading;
  }

 private:
  SensorInfo info_;
  NumberFile file_;
  CounterTotal total_;
  const Clock& clock_;
};

/// power1_average in microwatts, a mean over power1_average_interval.
class HwmonPower final : public EnergySensor {
 public:
  HwmonPower(SensorInfo info, fs::path file, Seconds averaged_over, const Clock& clock)
      : info_(std::move(info)),
        file_(std::move(file)),
        total_({info_.max_power, averaged_over, info_.update_period}),
        clock_(clock) {}
  const SensorInfo& info() const override { return info_; }

  Reading read() override {
    Reading reading;
    reading.before = clock_.now();
    const auto microwatts = file_.read();
    reading.after = clock_.now();
    if (!microwatts) return reading;
    const Watts power{*microwatts * kPerMicro};
    if (total_.add(power, reading.before, reading.after)) fill(reading, total_);
    return reading;
  }

 private:
  SensorInfo info_;
  NumberFile file_;
  PowerTotal total_;
  const Clock& clock_;
};

struct Chip {
  fs::path folder;  ///< With name, energyN_input, ... in it.
  std::string name;
};

std::vector<Chip> find_chips(const fs::path& hwmon) {
  std::vector<Chip> chips;
  for (const fs::path& entry : list_folder(hwmon)) {
    for (const fs::path& folder : {entry, entry / "device"}) {
      const auto name = read_small_file(folder / "name");
      const bool known = name && (*name == "amd_energy" || *name == "power_meter");
      if (!known) continue;
      chips.push_back({folder, *name});
      break;
    }
  }
  std::sort(chips.begin(), chips.end(),
            [](const Chip& a, const Chip& b) { return a.folder < b.folder; });
  return chips;
}

std::string unreadable(const fs::path& file) {
  return file.string() +
         " cannot be read by this user; run as root, or have an administrator allow a group: "
         "chgrp GROUP " +
         file.string() + " && chmod g+r " + file.string();
}

/// Labels are "Esocket0" and "Ecore000"; the cores lie inside the socket.
void open_amd_energy(const Chip& chip, const Clock& clock, HwmonSensors& result) {
  std::size_t cores = 0;
  for (int number = 1;; ++number) {
    const std::string prefix = "energy" + std::to_string(number);
    const auto label = read_small_file(chip.folder / (prefix + "_label"));
    if (!label) break;
    const fs::path file = chip.folder / (prefix + "_input");
    if (label->rfind("Esocket", 0) != 0) {
      ++cores;
    } else if (!read_whole_number(file)) {
      result.problems.push_back(unreadable(file));
    } else {
      const std::string package = "package-" + label->substr(7);
      SensorInfo info{.id = "hwmon:" + package,
                      .device = "CPU " + package,
                      .quality = Quality::Measured,
                      .source = file.string(),
                      .accuracy = kAccuracy,
                      .update_period = kCounterUpdate,
                      .max_power = kMaxPackage,
                      .contains = {"CPU " + package},
                      .parts = {"package:" + package}};
      result.sockets.push_back(std::make_unique<HwmonCounter>(std::move(info), file, clock));
    }
  }
  if (cores > 0) {
    result.left_out.push_back("hwmon: " + std::to_string(cores) + " cores lie inside the sockets");
  }
  if (!result.problems.empty()) result.sockets.clear();  // Half a machine would pass for the whole.
}

/// Means as long as the chip says; those of a chip that does not say are power at a moment.
Seconds averaged_over(const Chip& chip) {
  const auto interval = read_whole_number(chip.folder / "power1_average_interval");
  return std::chrono::duration<double, std::milli>(interval.value_or(0));
}

/// "90.0%" is an error of 10 %.
double accuracy_of(const Chip& chip) {
  const auto text = read_small_file(chip.folder / "power1_accuracy");
  const double percent = text ? std::strtod(text->c_str(), nullptr) : 0;
  return percent > 0 && percent <= 100 ? 1 - percent / 100 : kAccuracy;
}

SensorInfo power_info(const Chip& chip, std::string device, Watts max_power) {
  return {.id = "hwmon:" + device,
          .device = std::move(device),
          .quality = Quality::Integrated,
          .source = (chip.folder / "power1_average").string(),
          .accuracy = accuracy_of(chip),
          .update_period = averaged_over(chip),
          .max_power = max_power,
          .longest_period = kPowerPeriod,
          .contains = {},
          .parts = {}};
}

/// Grace says in power1_oem_info what it measures: "Module Power Socket 0", "Grace Power Socket 0",
/// and two parts of the latter.
void open_power_meter(const Chip& chip, const Clock& clock, HwmonSensors& result) {
  const fs::path file = chip.folder / "power1_average";
  const std::string label = read_small_file(chip.folder / "power1_oem_info").value_or("");
  const auto socket_at = label.find(" Power Socket ");
  const std::string socket = socket_at == std::string::npos
                                 ? ""
                                 : label.substr(socket_at + std::string(" Power Socket ").size());
  const std::string what = label.substr(0, socket_at);
  if (!socket.empty() && what != "Module" && what != "Grace") {
    result.left_out.push_back("hwmon:" + label + ": lies inside Grace Power Socket " + socket);
    return;
  }
  if (!read_whole_number(file)) {
    result.problems.push_back(unreadable(file));
    return;
  }
  const auto add = [&](auto& list, SensorInfo info) {
    list.push_back(std::make_unique<HwmonPower>(std::move(info), file, averaged_over(chip), clock));
  };
  if (socket.empty()) {
    SensorInfo info = power_info(chip, "machine", kMaxMachine);
    info.id += "/" + fs::path(chip.folder).lexically_normal().parent_path().filename().string();
    info.contains = {"the whole machine"};
    info.parts = {"*"};
    add(result.machine, std::move(info));
    return;
  }
  SensorInfo info = power_info(chip, what == "Module" ? "module " + socket : "Grace CPU " + socket,
                               what == "Module" ? kMaxModule : kMaxPackage);
  info.contains = {what == "Module" ? "CPU, DRAM and GPU of module " + socket
                                    : "CPU and DRAM of module " + socket};
  info.parts = {"grace:" + socket};
  if (what == "Module") info.parts.push_back("gpu-of-module:" + socket);
  add(result.modules, std::move(info));
}

}  // namespace

HwmonSensors open_hwmon_sensors(const fs::path& hwmon, const Clock& clock) {
  HwmonSensors result;
  for (const Chip& chip : find_chips(hwmon)) {
    if (chip.name == "amd_energy") {
      open_amd_energy(chip, clock, result);
    } else {
      open_power_meter(chip, clock, result);
    }
  }
  if (result.sockets.empty() && result.modules.empty() && result.machine.empty() &&
      result.problems.empty()) {
    result.absent.push_back("no amd_energy and no power_meter in " + hwmon.string());
  }
  return result;
}

}  // namespace greentrain
