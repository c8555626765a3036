#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "comm/communicator.h"
#include "core/error.h"

namespace greentrain {

/// Ranks that live in one process, one thread each: for tests, and with one rank for a program
/// that no launcher started. Reductions fold in rank order. Collectives called with differing
/// counts, types or roots throw Error on every rank.
///
/// The ranks are split into `nodes` pretend nodes of equal size (the first ones are larger when
/// they do not divide), which split_by_node() sees. Each communicator may be moved to its thread;
/// destroying one wakes the ranks that wait for it, and they throw PeerGone.
std::vector<std::unique_ptr<Communicator>> make_thread_communicators(int ranks, int nodes = 1);

/// A rank left the group while others needed it: a consequence of some other rank's error.
class PeerGone : public Error {
  using Error::Error;
};

/// Runs `work` on `ranks` threads, each with its own communicator, and joins them all. Then
/// rethrows the exception of the lowest rank that failed by itself; ranks that only waited for a
/// failed one do not count.
void run_ranks(int ranks, const std::function<void(Communicator&)>& work, int nodes = 1);

}  // namespace greentrain
