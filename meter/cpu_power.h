#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/units.h"

namespace greentrain {

/// What /proc/cpuinfo says about the CPUs of this machine.
struct CpuIdentity {
  std::string name;             ///< "AMD EPYC 7742 64-Core Processor"; empty if it says none.
  int logical_cpus{0};          ///< As the system counts them; 0 if unreadable.
  int packages{1};              ///< Sockets.
  bool threads_shown{false};    ///< Several logical CPUs share a core, and the system says so.
  bool virtual_machine{false};  ///< Under a hypervisor: only a part of a CPU, of unknown size.
};

CpuIdentity identify_cpu(const std::filesystem::path& cpuinfo);

/// Thermal design power of one package by the CPU's name, from meter/data/cpu_power.csv. Only an
/// exact match of the name counts, trademarks, clock and core count set aside.
std::optional<Watts> thermal_design_power(std::string_view cpu_name);

/// Power of all CPUs of a machine between idle and full load.
struct CpuPowerRange {
  Watts idle;                      ///< Less than they ever draw.
  Watts full;                      ///< More than they draw over seconds.
  Watts nominal;                   ///< What the published model scales: TDP, or watts per thread.
  std::string source;              ///< Where these come from, with version and year.
  std::vector<std::string> notes;  ///< For the report: unknown CPU, unknown share of a CPU.
};

CpuPowerRange cpu_power_range(const CpuIdentity& cpu);

/// CodeCarbon's model: nominal x (0.1 + 0.9 load^3), with load from 0 to 1. Source: codecarbon
/// 3.3.2, external/hardware.py, CPU._get_power_from_cpu_load, machine mode.
Watts modelled_power(Watts nominal, double load);

}  // namespace greentrain
