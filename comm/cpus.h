#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>

namespace greentrain {

/// Numbers of logical CPUs, as Linux counts them: with two hardware threads a core has two.
using CpuSet = std::set<int>;

/// "0-3,8" as the kernel writes it; "" when empty.
std::string to_text(const CpuSet& cpus);
CpuSet parse_cpu_set(const std::string& text);  ///< Throws Error unless it is such a list.

/// What this process and its machine have to compute with.
struct CpuFacts {
  std::map<int, std::string> core_of;  ///< By logical CPU, all that are online: "socket:core".
  CpuSet allowed;                      ///< This process may run on these.
  CpuSet launcher_allowed;             ///< The process that started this one may run on these.
  std::optional<double> limit;         ///< CPU seconds per second that the container grants.

  int cores(const CpuSet& cpus) const;  ///< Cores they are on, hardware threads counted once.
};

/// Reads sysfs, the affinity masks of this process and its parent, and the CPU limits of its
/// control groups (version 1 and 2). `root` is where /sys and /proc lie, for tests. Never throws
/// for a missing file: each CPU is then a core of its own, and there is no limit.
CpuFacts read_cpu_facts(const std::filesystem::path& root = "/");

}  // namespace greentrain
