#pragma once

#include <string>

#include "core/environment.h"

namespace greentrain {

/// What the launcher says of this process before MPI starts.
struct LaunchInfo {
  int rank = 0;
  int size = 1;
  int local_rank = 0;  ///< Among the ranks of this machine.
  int local_size = 1;
  std::string launcher = "none";  ///< "mpirun", "srun", "mpiexec" (Hydra), or "none".
  /// GREENTRAIN_FAKE_HOSTS: the ranks of this machine act as so many nodes of equal size, so that
  /// the exchange between nodes can be tried on one. local_rank and local_size are the machine's.
  int fake_hosts = 1;
};

/// Reads what Open MPI's mpirun, srun or Hydra's mpiexec set; nothing set: one rank, no launcher.
/// Throws UsageError when a variable is not a number, the rank is not below the size, or the fake
/// hosts do not divide the ranks of this machine.
LaunchInfo read_launch_info(const Environment& environment);

/// The name of this machine, as gethostname() gives it.
std::string host_name();

}  // namespace greentrain
