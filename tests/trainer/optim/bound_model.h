#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>

#include <ATen/Context.h>
#include <ATen/core/Tensor.h>

#include "comm/exchange/make_exchange.h"
#include "comm/thread_communicator.h"
#include "trainer/checkpoint/weights.h"
#include "trainer/optim/flat_parameters.h"

namespace greentrain {

/// One rank's model, bound to an exchange between threads.
template <class Module>
struct BoundModel {
  BoundModel(Communicator& world, Module& model)
      : comm(world),
        module(model),
        parameters(module),
        chosen(make_exchange(world, Backend::Auto, parameters.shape(), {.one_process = true})),
        exchange(*chosen.exchange) {
    for (const auto& [name, tensor] : named_tensors(module)) {
      initial.emplace(name, tensor.detach().clone());
    }
    parameters.bind(exchange);
  }

  Communicator& comm;
  Module& module;
  FlatParameters parameters;
  ChosenExchange chosen;
  GradientExchange& exchange;
  std::map<std::string, at::Tensor> initial;
};

/// Runs `work` on so many ranks (threads) of `nodes` pretended nodes, each with a Module of the
/// same values.
template <class Module>
void on_bound_ranks(int ranks, const std::function<void(BoundModel<Module>&)>& work,
                    int nodes = 1) {
  std::mutex generator;  // torch's own, which the threads share
  run_ranks(
      ranks,
      [&](Communicator& world) {
        std::unique_lock lock(generator);
        at::manual_seed(11);
        Module module;
        lock.unlock();
        BoundModel<Module> rank(world, module);
        work(rank);
        world.barrier();
      },
      nodes);
}

}  // namespace greentrain
