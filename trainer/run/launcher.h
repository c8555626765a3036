#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "core/environment.h"
#include "core/terminal.h"
#include "core/units.h"

namespace greentrain {

/// The process that started this rank, when that is mpirun, its daemon (orted) or srun's
/// (slurmstepd); empty when the program was started by hand.
struct Launcher {
  int pid{0};
  std::string name;  ///< As in /proc/PID/comm.
};
std::optional<Launcher> find_launcher(const std::filesystem::path& proc = "/proc");

/// Time since the launcher started, or since this process did when there is no launcher; 10 ms
/// fine. Empty when /proc does not say. `since_boot` is the time on the kernel's boot clock.
std::optional<Seconds> time_since_launch(const std::filesystem::path& proc, Seconds since_boot);
std::optional<Seconds> time_since_launch();  ///< With this machine's /proc and clock.

/// Where standard output ends up. Open MPI gives each rank a pseudo-terminal whatever its own
/// output is, so under a launcher the launcher's output decides.
Terminal console_terminal(const Environment& environment,
                          const std::filesystem::path& proc = "/proc");

}  // namespace greentrain
