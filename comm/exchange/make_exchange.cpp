#include "comm/exchange/make_exchange.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "comm/exchange/cluster_exchange.h"
#include "comm/exchange/node_exchange.h"
#include "comm/rank_errors.h"

namespace greentrain {
namespace {

// Until the ready times of the first steps are known: 1 MiB of float32.
constexpr std::size_t kFirstBucketElements = std::size_t{1} << 18;

// Why these nodes cannot exchange place by place, if they cannot.
std::optional<std::string> uneven(Communicator& world, const Communicator& node) {
  const std::vector<std::int32_t> mine{node.rank(), node.size()};
  std::vector<std::int32_t> all(2 * static_cast<std::size_t>(world.size()));
  world.all_gather(ConstBufferView::of<std::int32_t>(mine), BufferView::of<std::int32_t>(all));
  for (std::size_t rank = 0; rank < all.size() / 2; ++rank) {
    if (all[2 * rank + 1] != all[1]) return "the nodes have different numbers of ranks";
    if (all[2 * rank] != static_cast<std::int32_t>(rank) % all[1]) {
      return "the ranks of a node are not next to each other; `mpirun --map-by core` places them "
             "so";
    }
  }
  return std::nullopt;
}

// Null with a reason on every rank when the node of any has no shared memory.
std::unique_ptr<GradientExchange> make_in_arena(Communicator& world,
                                                std::unique_ptr<Communicator> node,
                                                const ExchangeShape& shape,
                                                const SharedMemory::Source& source,
                                                std::string& reason) {
  std::unique_ptr<Communicator> peers = world.split(node->rank());
  std::unique_ptr<GradientExchange> result;
  std::string problem;
  try {
    if (peers->size() == 1) {
      result = std::make_unique<NodeExchange>(*node, shape, kFirstBucketElements, source);
    } else {
      result = std::make_unique<ClusterExchange>(std::move(node), std::move(peers), shape,
                                                 kFirstBucketElements, source);
    }
  } catch (const Error& error) {
    problem = error.what();
  }
  for (const std::string& text : all_gather_text(world, problem)) {
    if (text.empty()) continue;
    reason = text;
    return nullptr;
  }
  return result;
}

std::unique_ptr<GradientExchange> make_over_mpi(Communicator& world, const ExchangeShape& shape,
                                                const SharedMemory::Source& source) {
  return std::make_unique<ClusterExchange>(world.split(world.rank()), world.split(0), shape,
                                           kFirstBucketElements, source);
}

}  // namespace

ChosenExchange make_exchange(Communicator& world, Backend backend, const ExchangeShape& shape,
                             const SharedMemory::Source& source) {
  if (backend == Backend::Nccl) {
    throw SharedError("comm.backend: nccl: this greentrain was built without NCCL; use auto",
                      ExitCode::Usage);
  }
  std::string reason = "comm.backend asks for it";
  if (backend != Backend::Mpi) {
    auto node = world.split_by_node();
    if (const auto problem = uneven(world, *node)) {
      reason = *problem;
    } else if (auto result = make_in_arena(world, std::move(node), shape, source, reason)) {
      std::string description = result->description();
      return {std::move(result), Backend::Arena, std::move(description)};
    }
    if (backend == Backend::Arena) {
      throw SharedError("comm.backend: arena: " + reason + "; use auto or mpi", ExitCode::Usage);
    }
  }
  return {make_over_mpi(world, shape, source), Backend::Mpi, reason};
}

}  // namespace greentrain
