#pragma once

#include <memory>
#include <string>

#include "comm/arena/shared_memory.h"
#include "comm/comm_options.h"
#include "comm/exchange/gradient_exchange.h"

namespace greentrain {

/// An exchange and how it came about.
struct ChosenExchange {
  std::unique_ptr<GradientExchange> exchange;
  Backend backend;     ///< Arena or Mpi.
  std::string reason;  ///< "2 ranks share memory (/dev/shm)"; for Mpi why not the arena.
};

/// The way for these ranks: the arena within nodes when the nodes have equally many ranks, next to
/// each other, and enough shared memory; MPI for all otherwise. Collective. Throws SharedError
/// (exit code 2) when `backend` asks for what cannot be.
ChosenExchange make_exchange(Communicator& world, Backend backend, const ExchangeShape& shape,
                             const SharedMemory::Source& source = {});

}  // namespace greentrain
