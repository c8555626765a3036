#pragma once

#include "comm/communicator.h"

namespace greentrain {

/// All ranks of a test program that links greentrain_mpi_test_main and runs under mpirun. Each
/// rank runs all tests, in the same order; an exception ends all ranks.
Communicator& world();

}  // namespace greentrain
