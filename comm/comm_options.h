#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string_view>

#include "core/config/enum_names.h"

namespace greentrain {

enum class Backend { Auto, Arena, Mpi, Nccl };
template <>
inline constexpr auto enum_names<Backend> =
    std::array<std::string_view, 4>{"auto", "arena", "mpi", "nccl"};

enum class Reduction { Fast, Invariant };
template <>
inline constexpr auto enum_names<Reduction> = std::array<std::string_view, 2>{"fast", "invariant"};

/// Section `comm`.
struct CommOptions {
  std::int64_t threads{0};
  Backend backend{Backend::Auto};
  Reduction reduction{Reduction::Fast};
  std::int64_t virtual_workers{8};
  std::chrono::milliseconds timeout{60'000};
  std::chrono::milliseconds first_step_timeout{300'000};

  template <class Visitor>
  void describe(Visitor& visit) {
    using namespace std::chrono_literals;
    visit("threads", threads,
          "Threads a rank computes with; 0: as many as the cores the launcher gave it.", 0, 1024);
    visit("backend", backend,
          "How gradients travel. arena: memory that the ranks of a node share, and MPI between "
          "nodes; mpi: MPI alone; auto: arena where it can be.");
    visit("reduction", reduction,
          "invariant: the same weights, to the bit, for every number of ranks that divides "
          "virtual_workers, with one thread a rank. fast: a rank computes its share at once.");
    visit("virtual_workers", virtual_workers,
          "invariant: parts into which every batch is cut; a power of two that divides "
          "train.batch_size.",
          1, 4096);
    visit("timeout", timeout,
          "How long ranks wait in a step for one that is silent, before the run is given up.",
          100ms, 24h);
    visit("first_step_timeout", first_step_timeout,
          "The same until the first step is done, and while a rank evaluates or writes files.",
          100ms, 24h);
  }
};

}  // namespace greentrain
