#pragma once

#include <string>
#include <vector>

namespace greentrain {

/// A GPU that a process sees.
struct Gpu {
  int index;         ///< Among those this process sees.
  std::string uuid;  ///< "GPU-8f3c...": of the physical one, the same in every process.
  std::string name;  ///< "NVIDIA H200".
};

/// A GPU for every rank of a machine, as an index into visible[rank], which differ where the
/// launcher shows each rank its own (CUDA_VISIBLE_DEVICES). No two ranks share one while that can
/// be avoided; beyond that they are shared evenly. -1 for a rank that sees none. Pure.
std::vector<int> assign_gpus(const std::vector<std::vector<std::string>>& visible);

}  // namespace greentrain
