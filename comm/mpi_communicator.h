#pragma once

#include <cstddef>
#include <memory>

#include "comm/communicator.h"

namespace greentrain {

/// Elements that one MPI call is given at most: its counts are ints.
inline constexpr std::size_t kMaxMpiCount = std::size_t{1} << 30;

/// All ranks over a duplicate of MPI_COMM_WORLD, in calls of at most `max_count` elements (tests
/// lower it). Collective. MPI must be running, and must outlive the communicator. Sums of
/// floating-point numbers have the order that MPI chooses, the same for all ranks. split_by_node()
/// parts the ranks of a machine into `fake_hosts` equal nodes; it divides their number.
std::unique_ptr<Communicator> make_mpi_communicator(std::size_t max_count = kMaxMpiCount,
                                                    int fake_hosts = 1);

}  // namespace greentrain
