#pragma once

#include <filesystem>
#include <optional>
#include <set>
#include <string>

#include "core/units.h"
#include "meter/calibration.h"
#include "meter/energy_report.h"

namespace greentrain {

/// CPU time so far of the control group that this process is in, with all inside it: under a batch
/// system the job, or its step. cgroup v2 or v1; nullopt where neither is mounted.
std::optional<Seconds> cgroup_cpu_time(const std::filesystem::path& proc,
                                       const std::filesystem::path& sys);

struct MachineTree;

/// CPU time of a job and of everything on its node, over the same stretch.
struct CpuTimes {
  Seconds job{0};
  Seconds machine{0};
};

/// Since the boot; nullopt where either is unknown.
std::optional<CpuTimes> cpu_times(const MachineTree& machine);
/// Of the stretch between two moments.
std::optional<CpuTimes> between(const std::optional<CpuTimes>& before,
                                const std::optional<CpuTimes>& after);

/// What one job had of a node that it may share with others: its own GPUs, and of what the CPUs and
/// their DRAM drew above their power at rest the share of the CPU time. Power at rest is nobody's,
/// and a field of its own; without a calibration it is unknown, and shared out with the rest.
/// `gpus`: UUIDs of the job's; nullopt: all that the meter sees. nullopt if neither a GPU of the
/// job nor a CPU whose times are known was metered.
std::optional<JobShare> job_share(const EnergyReport& node, std::optional<CpuTimes> times,
                                  const std::optional<std::set<std::string>>& gpus,
                                  const std::optional<Calibration>& calibration, Seconds time);

/// Whether a sensor is of CPUs or their DRAM, and of nothing else.
bool of_cpu(const EnergyComponent& part);

}  // namespace greentrain
