#pragma once

#include <memory>

#include "comm/communicator.h"
#include "comm/launch.h"
#include "core/error.h"

namespace greentrain {

/// All ranks of this run. main() owns it, outside of the block whose exceptions it catches.
class World {
 public:
  virtual ~World() = default;
  virtual Communicator& communicator() = 0;

  /// Ends all ranks at once, from any rank, after that rank printed why. docs/launching.md
  [[noreturn]] virtual void abort(ExitCode code) = 0;
  /// Ends all ranks together after an error that all of them have (SharedError). Collective: what
  /// rank 0 printed before is seen.
  [[noreturn]] virtual void end(ExitCode code) = 0;
};

/// MPI when the launcher started several ranks; this process alone otherwise, which saves 0.3 s.
/// Throws Error when MPI sees other ranks than the launcher named.
std::unique_ptr<World> make_world(const LaunchInfo& launch);

}  // namespace greentrain
