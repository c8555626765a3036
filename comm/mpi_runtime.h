#pragma once

#include <memory>
#include <string>

#include "comm/communicator.h"

namespace greentrain {

/// "Open MPI v4.1.4": the library in this program. Also before MPI has started.
std::string mpi_library();

/// MPI for the life of this object: started by the constructor (about 0.3 s), finished by the
/// destructor, which waits for all ranks, unless an exception is on its way: then the program has
/// to exit non-zero, for mpirun to end the ranks that wait for this one. One per process, once.
class MpiRuntime {
 public:
  /// fake_hosts: LaunchInfo's. Throws Error when MPI cannot start or does not allow calls from
  /// several threads.
  explicit MpiRuntime(int fake_hosts = 1);
  ~MpiRuntime();
  MpiRuntime(const MpiRuntime&) = delete;
  MpiRuntime& operator=(const MpiRuntime&) = delete;

  Communicator& world() { return *world_; }  ///< All ranks that the launcher started.

  /// Ends all ranks; mpirun returns `code`. Any rank may call it at any time.
  [[noreturn]] void abort(int code);

 private:
  std::unique_ptr<Communicator> world_;
};

}  // namespace greentrain
