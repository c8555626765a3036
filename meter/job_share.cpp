#include "meter/job_share.h"

#include <algorithm>
#include <sstream>
#include <string_view>
#include <vector>

#include "meter/cpu_time.h"
#include "meter/sensors.h"
#include "meter/small_file.h"

namespace greentrain {
namespace {

namespace fs = std::filesystem;

/// "12:cpu,cpuacct:/slurm/job_7" and "0::/slurm/job_7", see cgroups(7).
struct Line {
  std::string controllers;
  std::string path;
};

std::vector<Line> groups_of(const fs::path& proc) {
  std::vector<Line> lines;
  std::istringstream text(read_small_file(proc / "self/cgroup").value_or(""));
  for (std::string line; std::getline(text, line);) {
    const auto first = line.find(':');
    const auto second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    lines.push_back({line.substr(first + 1, second - first - 1), line.substr(second + 1)});
  }
  return lines;
}

bool has_word(const std::string& list, const std::string& word) {
  return ("," + list + ",").find("," + word + ",") != std::string::npos;
}

std::optional<Seconds> v2_time(const fs::path& folder) {
  std::istringstream text(read_small_file(folder / "cpu.stat").value_or(""));
  std::string name;
  double microseconds = 0;
  while (text >> name >> microseconds) {
    if (name == "usage_usec") return Seconds(microseconds * 1e-6);
  }
  return std::nullopt;
}

Energy scaled(Energy energy, double factor) {
  energy.joules = energy.joules * factor;
  energy.lo = energy.lo * factor;
  energy.hi = energy.hi * factor;
  energy.quality = std::max(energy.quality, Quality::Estimated);
  return energy;
}

/// At rest over the time of the report; never more than what was drawn.
Energy at_rest(const Energy& drawn, const MeanPower& idle, Seconds time) {
  Energy rest = drawn;
  rest.joules = std::min(drawn.joules, idle.watts * time);
  rest.lo = std::min(rest.joules, idle.lo * time);
  rest.hi = std::max(rest.joules, std::min(drawn.hi, idle.hi * time));
  rest.quality = std::max(drawn.quality, Quality::Estimated);
  return rest;
}

Energy above(const Energy& drawn, const Energy& rest) {
  Energy active = drawn;
  active.joules = drawn.joules - rest.joules;
  active.lo = std::max(Joules{}, drawn.lo - rest.hi);
  active.hi = std::max(active.joules, drawn.hi - rest.lo);
  active.lo = std::min(active.lo, active.joules);
  return active;
}

std::optional<MeanPower> idle_power(const std::optional<Calibration>& calibration,
                                    const std::string& sensor) {
  if (!calibration) return std::nullopt;
  const auto found = calibration->idle.find(sensor);
  return found == calibration->idle.end() ? std::nullopt : std::optional(found->second);
}

bool measured(const EnergyComponent& part) { return part.energy.quality != Quality::Unmeasured; }

/// "nvml:GPU-6f2a..." -> the UUID.
std::optional<std::string> gpu_of(const EnergyComponent& part) {
  constexpr std::string_view kKind = "nvml:";
  if (part.sensor.rfind(kKind, 0) != 0) return std::nullopt;
  return part.sensor.substr(kKind.size());
}

}  // namespace

bool of_cpu(const EnergyComponent& part) {
  const auto begins = [&](const char* kind) { return part.sensor.rfind(kind, 0) == 0; };
  const bool power_meter = begins("hwmon:machine") || begins("hwmon:module");
  return begins("rapl:") || begins("perf:") || begins("model:") ||
         (begins("hwmon:") && !power_meter);
}

std::optional<Seconds> cgroup_cpu_time(const fs::path& proc, const fs::path& sys) {
  for (const Line& line : groups_of(proc)) {
    const fs::path inside = fs::path(line.path).relative_path();
    if (line.controllers.empty()) {
      if (const auto time = v2_time(sys / "fs/cgroup" / inside)) return time;
    } else if (has_word(line.controllers, "cpuacct")) {
      const auto nanoseconds =
          read_whole_number(sys / "fs/cgroup/cpuacct" / inside / "cpuacct.usage");
      if (nanoseconds) return Seconds(*nanoseconds * 1e-9);
    }
  }
  return std::nullopt;
}

std::optional<CpuTimes> cpu_times(const MachineTree& machine) {
  const auto job = cgroup_cpu_time(machine.proc, machine.sys);
  const auto all = machine_busy_time(machine.proc);
  if (!job || !all) return std::nullopt;
  return CpuTimes{*job, *all};
}

std::optional<CpuTimes> between(const std::optional<CpuTimes>& before,
                                const std::optional<CpuTimes>& after) {
  if (!before || !after) return std::nullopt;
  return CpuTimes{after->job - before->job, after->machine - before->machine};
}

std::optional<JobShare> job_share(const EnergyReport& node, std::optional<CpuTimes> times,
                                  const std::optional<std::set<std::string>>& gpus,
                                  const std::optional<Calibration>& calibration, Seconds time) {
  JobShare share;
  std::vector<Energy> parts;
  std::vector<Energy> idle;
  bool idle_known = calibration.has_value();
  const bool cpu_known = times && times->machine > Seconds(0);
  // The machine's time comes in ticks of 10 ms, the group's does not: it may seem to have more.
  const double of_cpus = cpu_known ? std::clamp(times->job / times->machine, 0.0, 1.0) : 0;
  for (const EnergyComponent& part : node.components) {
    if (!measured(part)) continue;
    const auto gpu = gpu_of(part);
    if (gpu && (!gpus || gpus->count(*gpu) > 0)) {
      share.gpus.push_back(*gpu);
      parts.push_back(part.energy);
    }
    if (!of_cpu(part) || !cpu_known) continue;
    const auto power = idle_power(calibration, part.sensor);
    idle_known = idle_known && power;
    if (!power) {
      parts.push_back(scaled(part.energy, of_cpus));
      continue;
    }
    idle.push_back(at_rest(part.energy, *power, time));
    parts.push_back(scaled(above(part.energy, idle.back()), of_cpus));
  }
  if (parts.empty()) return std::nullopt;
  if (cpu_known) {
    share.cpu_time = times->job;
    share.machine_cpu_time = times->machine;
  }
  share.energy = sum(parts);
  if (idle_known && !idle.empty()) share.idle = sum(idle);
  return share;
}

}  // namespace greentrain
