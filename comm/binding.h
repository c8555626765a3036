#pragma once

#include <optional>
#include <string>
#include <vector>

#include "comm/communicator.h"
#include "comm/cpus.h"
#include "comm/launch.h"

namespace greentrain {

/// What a rank computes with, and what to tell the user about it.
struct Binding {
  int threads = 1;
  std::string summary;  ///< "4 threads a rank on 16 cores": for the console, without a full stop.
  std::optional<std::string> warning;  ///< Cores that no rank uses, and the option that mends it.
};

/// Decides from the CPUs that each rank of the machine may run on, in order of their local ranks.
/// A rank's threads are its share of its cores: a core that k ranks may run on counts 1/k, and the
/// container's CPU limit is divided evenly. `requested` threads (0: none) are obeyed.
Binding choose_binding(const CpuFacts& facts, const std::vector<CpuSet>& rank_cpus,
                       const LaunchInfo& launch, int requested);

/// The same with the CPUs of all ranks of this machine gathered over `node`. Collective.
Binding find_binding(Communicator& node, const CpuFacts& facts, const LaunchInfo& launch,
                     int requested);

}  // namespace greentrain
