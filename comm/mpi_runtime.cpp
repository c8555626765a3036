#include "comm/mpi_runtime.h"

#include <cstdio>
#include <cstdlib>
#include <exception>

#include <mpi.h>

#include "comm/mpi_check.h"
#include "comm/mpi_communicator.h"
#include "core/error.h"

namespace greentrain {

std::string mpi_library() {
  char text[MPI_MAX_LIBRARY_VERSION_STRING] = "";
  int length = 0;
  mpi_check(MPI_Get_library_version(text, &length), "MPI_Get_library_version");
  const std::string whole(text, static_cast<std::size_t>(length));
  return whole.substr(0, whole.find_first_of(",\n"));  // What follows says who built it and where.
}

MpiRuntime::MpiRuntime(int fake_hosts) {
  int provided = MPI_THREAD_SINGLE;
  mpi_check(MPI_Init_thread(nullptr, nullptr, MPI_THREAD_MULTIPLE, &provided), "MPI_Init_thread");
  if (provided != MPI_THREAD_MULTIPLE) {
    MPI_Finalize();
    throw Error(
        "MPI does not allow calls from several threads (MPI_THREAD_MULTIPLE); use Open MPI "
        "4.1 or later, built with thread support");
  }
  mpi_check(MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
  world_ = make_mpi_communicator(kMaxMpiCount, fake_hosts);
}

MpiRuntime::~MpiRuntime() {
  // Finishing waits for the peers, which may wait for this rank: main() prints the exception and
  // exits non-zero, and mpirun ends the others.
  if (std::uncaught_exceptions() > 0) return;
  world_.reset();
  MPI_Finalize();
}

void MpiRuntime::abort(int code) {
  std::fflush(nullptr);
  MPI_Abort(MPI_COMM_WORLD, code);
  std::_Exit(code);
}

}  // namespace greentrain
