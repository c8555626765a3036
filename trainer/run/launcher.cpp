#include "trainer/run/launcher.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <fstream>
#include <sstream>
#include <string_view>
#include <unistd.h>

namespace greentrain {
namespace {

/// Open MPI 4 and 5, Slurm, and MPICH, as the kernel cuts their names (15 bytes).
constexpr std::array<std::string_view, 9> kLaunchers{
    "mpirun", "mpiexec",    "orterun",         "orted",        "prterun",
    "prted",  "slurmstepd", "hydra_pmi_proxy", "mpiexec.hydra"};

std::optional<std::string> first_line(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  return line;
}

struct ProcessStat {
  int parent{0};
  Seconds started;  ///< On the boot clock.
};

/// proc_pid_stat(5), fields 4 and 22. The name in field 2 may hold spaces and parentheses.
std::optional<ProcessStat> read_stat(const std::filesystem::path& process) {
  const auto line = first_line(process / "stat").value_or("");
  const auto name_end = line.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(line.substr(name_end + 1));
  ProcessStat stat;
  std::string skipped;
  double start_ticks = 0;
  fields >> skipped >> stat.parent;
  for (int field = 5; field < 22; ++field) fields >> skipped;
  if (!(fields >> start_ticks)) return std::nullopt;
  stat.started = Seconds{start_ticks / static_cast<double>(::sysconf(_SC_CLK_TCK))};
  return stat;
}

}  // namespace

std::optional<Launcher> find_launcher(const std::filesystem::path& proc) {
  const auto self = read_stat(proc / "self");
  if (!self) return std::nullopt;
  const auto name = first_line(proc / std::to_string(self->parent) / "comm");
  if (!name || std::ranges::find(kLaunchers, *name) == kLaunchers.end()) return std::nullopt;
  return Launcher{self->parent, *name};
}

std::optional<Seconds> time_since_launch(const std::filesystem::path& proc, Seconds since_boot) {
  const auto launcher = find_launcher(proc);
  const auto stat = read_stat(proc / (launcher ? std::to_string(launcher->pid) : "self"));
  if (!stat) return std::nullopt;
  return std::max(since_boot - stat->started, Seconds{0});
}

std::optional<Seconds> time_since_launch() {
  timespec now{};
  if (::clock_gettime(CLOCK_BOOTTIME, &now) != 0) return std::nullopt;
  return time_since_launch(
      "/proc", Seconds{static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9});
}

Terminal console_terminal(const Environment& environment, const std::filesystem::path& proc) {
  const auto launcher = find_launcher(proc);
  if (!launcher) return terminal_of(STDOUT_FILENO, environment);
  return terminal_at(proc / std::to_string(launcher->pid) / "fd/1", environment);
}

}  // namespace greentrain
