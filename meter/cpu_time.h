#pragma once

#include <filesystem>
#include <optional>
#include <sys/types.h>

#include "core/units.h"

namespace greentrain {

/// CPU time, user and system, since the start of the machine or of the process.

/// Of all CPUs together. Not the time that they waited, nor what a hypervisor gave to others.
std::optional<Seconds> machine_busy_time(const std::filesystem::path& proc);

/// Of one process and all its living descendants, and of those that any of them has waited for.
/// Absent once the process has gone.
std::optional<Seconds> tree_cpu_time(const std::filesystem::path& proc, pid_t process);

}  // namespace greentrain
