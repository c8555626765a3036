// Needs a GPU: the exchanges over NVIDIA's libraries, against one thread that holds all gradients.
#include <algorithm>
#include <cmath>
#include <cuda_runtime_api.h>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "comm/device/cuda_check.h"
#include "comm/device/cuda_gpus.h"
#include "comm/device/cuda_handles.h"
#include "comm/device/make_device_exchange.h"
#include "core/error.h"
#include "tests/comm/mpi_test_main.h"

namespace greentrain {
namespace {

constexpr int kSteps = 5;
constexpr float kRate = 0.125f;

std::vector<float> read(const float* device, std::size_t count, DeviceStream stream) {
  std::vector<float> host(count);
  check_cuda(
      cudaMemcpyAsync(host.data(), device, count * sizeof(float), cudaMemcpyDeviceToHost, stream),
      "reading");
  check_cuda(cudaStreamSynchronize(stream), "waiting");
  return host;
}

void write(float* device, const std::vector<float>& host, DeviceStream stream) {
  check_cuda(cudaMemcpyAsync(device, host.data(), host.size() * sizeof(float),
                             cudaMemcpyHostToDevice, stream),
             "writing");
  check_cuda(cudaStreamSynchronize(stream), "waiting");
}

/// Gradient descent, computed on the CPU: this test needs no kernel of its own.
class Descent final : public DeviceShardOwner {
 public:
  explicit Descent(DeviceStream stream) : stream_(stream) {}

  void update(const ReducedShard& shard) override {
    std::vector<float> sum(shard.shard.elements);
    for (const float* source : shard.gradients) {
      const auto values = read(source, sum.size(), stream_);
      for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += values[i];
    }
    auto parameters = read(shard.parameters, sum.size(), stream_);
    for (std::size_t i = 0; i < sum.size(); ++i) parameters[i] -= kRate * sum[i];
    write(shard.parameters, parameters, stream_);
  }

 private:
  DeviceStream stream_;
};

// Sums of two of these are exact in any order; a step moves every parameter.
float gradient(int rank, int step, std::size_t element) {
  return static_cast<float>(static_cast<int>(element % 257) - 128 + 3 * rank + step) / 64;
}

ExchangeShape shape_of(std::size_t parameters, std::size_t each) {
  ExchangeShape shape;
  for (std::size_t i = 0; i < parameters; ++i) {
    shape.parameters.push_back({shape.elements, each});
    shape.elements += (each + 15) / 16 * 16;
  }
  return shape;
}

std::vector<float> train(DeviceExchange& exchange, const ExchangeShape& shape, DeviceStream stream,
                         DeviceStream compute) {
  Descent descent(stream);
  for (int step = 0; step < kSteps; ++step) {
    exchange.wait_for_parameters(compute);
    exchange.begin_step(descent);
    for (std::size_t parameter = shape.parameters.size(); parameter-- > 0;) {
      const ParameterRange range = shape.parameters[parameter];
      std::vector<float> values(range.size);
      for (std::size_t i = 0; i < range.size; ++i) {
        values[i] = gradient(world().rank(), step, range.offset + i);
      }
      write(exchange.gradients() + range.offset, values, compute);
      exchange.parameter_ready(parameter, compute);
    }
    exchange.finish_step(compute);
    exchange.publish();
  }
  exchange.wait_for_parameters(compute);
  return read(exchange.parameters(), shape.elements, compute);
}

std::vector<float> train_serially(const ExchangeShape& shape) {
  std::vector<float> parameters(shape.elements);
  for (int step = 0; step < kSteps; ++step) {
    for (const ParameterRange& range : shape.parameters) {
      for (std::size_t i = range.offset; i < range.offset + range.size; ++i) {
        float sum = 0;
        for (int rank = 0; rank < world().size(); ++rank) sum += gradient(rank, step, i);
        parameters[i] -= kRate * sum;
      }
    }
  }
  return parameters;
}

class DeviceExchangeOnGpu : public testing::TestWithParam<Backend> {};

TEST_P(DeviceExchangeOnGpu, gives_all_ranks_the_parameters_of_a_serial_run) {
  const auto node = world().split_by_node();
  const auto found = choose_gpu(*node);
  if (!found) throw UsageError("no GPU was found; expected an NVIDIA GPU and its driver");
  const Gpu& gpu = *found;
  use_gpu(gpu);
  const auto uuids = all_gather_text(world(), gpu.uuid);
  const bool one_gpu = std::ranges::count(uuids, uuids[0]) == std::ssize(uuids);
  const bool possible = world().size() == 1 || one_gpu == (GetParam() == Backend::Arena);
  if (!possible) GTEST_SKIP() << "these ranks have other GPUs";

  const OwnedStream stream = make_stream();
  const OwnedStream compute = make_stream();
  const SystemClock clock;
  DeviceSettings settings{stream.get(), clock, {}, {}, {}};
  settings.on_failure = [](const std::string& text) { throw Error(text); };
  for (const ExchangeShape& shape : {shape_of(1, 1), shape_of(7, 100003), shape_of(5, 3000000)}) {
    const auto chosen = make_device_exchange(world(), GetParam(), gpu, shape, settings);
    EXPECT_EQ(train(*chosen.exchange, shape, stream.get(), compute.get()), train_serially(shape))
        << chosen.exchange->description();
  }
}
INSTANTIATE_TEST_SUITE_P(Backends, DeviceExchangeOnGpu,
                         testing::Values(Backend::Arena, Backend::Nccl));

}  // namespace
}  // namespace greentrain
