#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "core/environment.h"

namespace greentrain {

/// The job that this process is one of several processes of, as its launcher names it: Slurm, Open
/// MPI, PMIx, MPICH. nullopt outside of a job.
std::optional<std::string> job_of(const Environment& environment);

/// Held by the one process of a job that meters a node. The kernel frees it when the process ends,
/// however that happens.
class NodeLock {
 public:
  /// nullptr if another process holds it. By boot and job, so that containers of one node agree
  /// where they share the folder. Throws Error if there is no telling, such as in a folder that
  /// cannot be written to.
  static std::unique_ptr<NodeLock> try_take(const std::filesystem::path& folder,
                                            const std::filesystem::path& proc,
                                            const std::string& job);
  ~NodeLock();
  NodeLock(const NodeLock&) = delete;
  NodeLock& operator=(const NodeLock&) = delete;

 private:
  explicit NodeLock(int file) : file_(file) {}
  int file_;
};

}  // namespace greentrain
