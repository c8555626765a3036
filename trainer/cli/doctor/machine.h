#pragma once

#include <string>

#include "comm/launch.h"
#include "core/environment.h"
#include "trainer/cli/doctor/finding.h"

namespace greentrain {

/// The cores that this process may run on, and the threads that one rank computes with on them.
Finding examine_cores(const LaunchInfo& launch);

/// The memory through which the ranks of a machine exchange gradients.
Finding examine_shared_memory(const std::string& directory = "/dev/shm");

/// The MPI library in this program, and whether the `mpirun` on PATH is of it.
Finding examine_mpi(const Environment& environment);

/// What the NVIDIA driver shows, whether or not this build can use it.
/// `usable`: GPUs that libtorch sees.
Finding examine_gpus(int usable, const std::string& driver = "/proc/driver/nvidia/gpus");

/// The NCCL that is loaded with this program, if any.
Finding examine_nccl();

/// What a run would measure its energy with.
Finding examine_meter();

}  // namespace greentrain
