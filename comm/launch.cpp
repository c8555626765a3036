#include "comm/launch.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <unistd.h>

#include <fmt/format.h>

#include "core/error.h"

namespace greentrain {
namespace {

/// The variables in which a launcher says what it started. `rank` being set marks the launcher.
struct Launcher {
  const char* name;
  const char* rank;
  const char* size;
  const char* local_rank;
  const char* local_size;
};

// In this order: under mpirun in a Slurm job the SLURM_ variables are those of mpirun's daemon.
// SLURM_PROCID is also set in a batch script, where no rank was started: srun alone sets
// SLURM_STEP_TASKS_PER_NODE.
constexpr std::array kLaunchers{
    Launcher{"mpirun", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK",
             "OMPI_COMM_WORLD_LOCAL_SIZE"},
    Launcher{"srun", "SLURM_PROCID", "SLURM_STEP_NUM_TASKS", "SLURM_LOCALID",
             "SLURM_STEP_TASKS_PER_NODE"},
    Launcher{"mpiexec", "PMI_RANK", "PMI_SIZE", "MPI_LOCALRANKID", "MPI_LOCALNRANKS"},
};

int number(const char* name, const std::string& text) {
  int value = 0;
  const char* end = text.data() + text.size();
  const auto [parsed, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || parsed != end || value < 0) {
    throw UsageError(fmt::format(
        "{}={}: expected a number of the launcher; start the program with mpirun or srun, or unset "
        "it to run as one rank",
        name, text));
  }
  return value;
}

int number_or(const Environment& environment, const char* name, int fallback) {
  const auto text = environment(name);
  return text ? number(name, *text) : fallback;
}

/// Slurm's "2(x3),1": 2 tasks on each of the nodes 0 to 2, 1 on node 3. A plain "2" reads the same.
int tasks_on_node(const char* name, const std::string& text, int node) {
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const std::string item = text.substr(begin, end - begin);
    const std::size_t times = item.find("(x");
    const int repeated = times == std::string::npos || item.back() != ')'
                             ? 1
                             : number(name, item.substr(times + 2, item.size() - times - 3));
    const int tasks = number(name, item.substr(0, times));
    if (node < repeated) return tasks;
    node -= repeated;
    begin = end + 1;
  }
  throw UsageError(fmt::format("{}={}: expected an entry for this node", name, text));
}

LaunchInfo read_one(const Launcher& launcher, const Environment& environment) {
  LaunchInfo info;
  info.launcher = launcher.name;
  info.rank = number_or(environment, launcher.rank, 0);
  info.size = number_or(environment, launcher.size, 1);
  info.local_rank = number_or(environment, launcher.local_rank, 0);
  if (const auto text = environment(launcher.local_size)) {
    const int node = number_or(environment, "SLURM_NODEID", 0);
    info.local_size = info.launcher == "srun" ? tasks_on_node(launcher.local_size, *text, node)
                                              : number(launcher.local_size, *text);
  }
  if (info.rank >= info.size || info.local_rank >= info.local_size) {
    throw UsageError(fmt::format(
        "{} says that this is rank {} of {}, on this machine {} of {}; expected ranks below the "
        "number of ranks",
        info.launcher, info.rank, info.size, info.local_rank, info.local_size));
  }
  return info;
}

int read_fake_hosts(const Environment& environment, int ranks) {
  constexpr const char* kName = "GREENTRAIN_FAKE_HOSTS";
  const auto text = environment(kName);
  if (!text || text->empty()) return 1;
  int hosts = 0;
  const char* end = text->data() + text->size();
  const auto [parsed, error] = std::from_chars(text->data(), end, hosts);
  if (error == std::errc() && parsed == end && hosts > 0 && ranks % hosts == 0) return hosts;
  throw UsageError(fmt::format(
      "{}={}: expected a number that divides the {} ranks of this machine, or no such variable",
      kName, *text, ranks));
}

}  // namespace

LaunchInfo read_launch_info(const Environment& environment) {
  LaunchInfo info;
  for (const Launcher& launcher : kLaunchers) {
    if (environment(launcher.rank) && environment(launcher.size)) {
      info = read_one(launcher, environment);
      break;
    }
  }
  info.fake_hosts = read_fake_hosts(environment, info.local_size);
  return info;
}

std::string host_name() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) return "unknown host";
  return name.data();
}

}  // namespace greentrain
