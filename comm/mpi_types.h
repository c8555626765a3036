#pragma once

#include <mpi.h>

#include "comm/buffer.h"
#include "comm/communicator.h"

namespace greentrain {

MPI_Datatype mpi_type(ElementType type);  ///< BFloat16 has none: callers widen it to Float32.

/// MPI's operations, and our own where MPI leaves the result open: its minimum and maximum of a NaN
/// or of two zeros depend on the order, so ranks could differ. For mpi_communicator.cpp.
class MpiOps {
 public:
  MpiOps();
  ~MpiOps();
  MpiOps(const MpiOps&) = delete;
  MpiOps& operator=(const MpiOps&) = delete;

  MPI_Op get(ElementType type, ReduceOp op) const;

 private:
  MPI_Op min_float32_ = MPI_OP_NULL;
  MPI_Op max_float32_ = MPI_OP_NULL;
  MPI_Op min_float64_ = MPI_OP_NULL;
  MPI_Op max_float64_ = MPI_OP_NULL;
};

}  // namespace greentrain
