#pragma once

namespace greentrain {

/// Throws Error with MPI's own text when `result`, returned by the MPI function `call`, is not
/// MPI_SUCCESS: "MPI_Bcast failed on rank 1 of 4: MPI_ERR_TRUNCATE: message truncated".
void mpi_check(int result, const char* call);

}  // namespace greentrain
