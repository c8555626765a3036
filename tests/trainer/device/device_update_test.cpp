#include "trainer/device/device_update.h"

#include <memory>
#include <mutex>
#include <vector>

#include <ATen/Context.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/arange.h>
#include <gtest/gtest.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/linear.h>

#include "comm/exchange/make_exchange.h"
#include "comm/thread_communicator.h"
#include "tests/trainer/device/host_device_exchange.h"
#include "trainer/optim/gradient_hooks.h"
#include "trainer/optim/host_update.h"

namespace greentrain {
namespace {

constexpr int kSteps = 5;

struct Network : torch::nn::Module {
  // No bias before a norm: its gradient is rounding noise, which AdamW would make whole steps of.
  torch::nn::Linear first =
      register_module("first", torch::nn::Linear(torch::nn::LinearOptions(6, 50).bias(false)));
  torch::nn::BatchNorm1d norm = register_module("norm", torch::nn::BatchNorm1d(50));
  torch::nn::Linear last = register_module("last", torch::nn::Linear(50, 3));
  at::Tensor forward(const at::Tensor& x, StepUpdate& update, const FlatParameters& parameters) {
    const auto ready = [&](auto& layer) -> auto& {
      update.before_layer(parameters.tensors_of(*layer));
      return layer;
    };
    at::Tensor y = ready(first)(x);
    y = ready(norm)(y).relu();
    return ready(last)(y);
  }
};

std::mutex generator;  // torch's own, which ranks as threads share

at::Tensor samples(int rank, int step) {
  return (at::arange(24, at::kFloat).view({4, 6}) * 0.3 + (rank * 5 + step)).sin();
}

Record vote_of(int rank) {
  Record record{};
  record.bytes[static_cast<std::size_t>(rank)] = std::byte{1};
  return record;
}

void combine(Record& into, const Record& next) {
  for (std::size_t i = 0; i < into.bytes.size(); ++i) into.bytes[i] |= next.bytes[i];
}

enum class Way { Host, Device };

/// All tensors of the network after some steps of this rank.
std::vector<at::Tensor> train(Communicator& comm, Way way, const OptimizerOptions& options) {
  std::unique_lock lock(generator);
  at::manual_seed(5);
  Network network;
  lock.unlock();
  FlatParameters parameters(network);
  int votes = 0;
  const auto go_ahead = [&](const Record& all) {
    for (int rank = 0; rank < comm.size(); ++rank) {
      EXPECT_EQ(all.bytes[static_cast<std::size_t>(rank)], std::byte{1});
    }
    ++votes;
    return true;
  };
  const auto on_host =
      make_exchange(comm, Backend::Auto, parameters.shape(), {.one_process = true}).exchange;
  HostDeviceExchange on_device(comm, parameters.shape(), 100);
  std::unique_ptr<StepUpdate> update;
  if (way == Way::Host) {
    update = std::make_unique<HostUpdate>(comm, options, parameters, *on_host, StepJudge{go_ahead});
  } else {
    update = std::make_unique<DeviceUpdate>(comm, options, parameters, on_device,
                                            c10::Stream(c10::Stream::DEFAULT, c10::kCPU),
                                            StepJudge{go_ahead});
  }
  const SystemClock clock;
  GradientHooks hooks(
      parameters, update->gradients(), [&](std::size_t tensor) { update->parameter_ready(tensor); },
      1, clock);
  for (int step = 0; step < kSteps; ++step) {
    update->begin_step({0.05, comm.size()});
    const at::Tensor loss =
        network.forward(samples(comm.rank(), step), *update, parameters).square().sum();
    update->settle();
    update->begin_exchange([&] { return vote_of(comm.rank()); }, combine);
    hooks.begin(0, GradientHooks::Samples::Some);
    loss.backward();
    hooks.end();
    update->finish_exchange();
    update->finish_update();
  }
  update->settle();
  EXPECT_EQ(votes, kSteps);
  std::vector<at::Tensor> result;
  for (const auto& tensor : network.parameters()) result.push_back(tensor.detach().clone());
  for (const auto& tensor : network.buffers()) result.push_back(tensor.detach().clone());
  comm.barrier();
  return result;
}

TEST(DeviceUpdate, trains_a_network_as_the_cpus_way_does) {
  for (const double clip_norm : {0.0, 0.5}) {
    for (const int ranks : {1, 2, 3}) {
      run_ranks(ranks, [&](Communicator& comm) {
        OptimizerOptions options;
        options.clip_norm = clip_norm;
        const auto expected = train(comm, Way::Host, options);
        const auto found = train(comm, Way::Device, options);
        for (std::size_t i = 0; i < expected.size(); ++i) {
          EXPECT_TRUE(at::allclose(found[i], expected[i], 1e-4, 1e-5))
              << "tensor " << i << " on " << ranks << " ranks";
        }
      });
    }
  }
}

}  // namespace
}  // namespace greentrain
