// Needs a GPU: exchange and update of parameters on it, against the CPU's update of all of them.
#include <cmath>
#include <vector>

#include <ATen/core/Tensor.h>
#include <ATen/ops/from_blob.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <gtest/gtest.h>

#include "comm/device/cuda_gpus.h"
#include "comm/device/make_device_exchange.h"
#include "core/error.h"
#include "tests/comm/mpi_test_main.h"
#include "trainer/device/device_optimizer.h"
#include "trainer/optim/fused_update.h"

namespace greentrain {
namespace {

constexpr std::size_t kElements = 3'000'017;
constexpr int kSteps = 4;
constexpr double kRate = 0.01;
constexpr double kClip = 10;

float gradient(int rank, int step, std::size_t element) {
  return std::cos(static_cast<float>(element % 10007) + static_cast<float>(3 * rank + step));
}

DeviceStream native(const c10::Stream& stream) {
  return static_cast<DeviceStream>(stream.native_handle());
}

/// Parameters after some steps, from zeros.
std::vector<float> train_on_gpu(DeviceExchange& exchange, const c10::Stream& exchange_stream,
                                c10::Device device, const OptimizerOptions& options) {
  DeviceOptimizer optimizer(options, kClip, kElements, exchange, exchange_stream);
  const DeviceStream compute = native(c10::impl::VirtualGuardImpl(c10::kCUDA).getStream(device));
  const auto size = static_cast<std::int64_t>(kElements);
  const auto on_gpu = [&](float* data) {
    return at::for_blob(data, {size}).target_device(device).options(device).make_tensor();
  };
  at::Tensor gradients = on_gpu(exchange.gradients());
  std::vector<float> host(kElements);
  for (int step = 0; step < kSteps; ++step) {
    exchange.wait_for_parameters(compute);
    for (std::size_t i = 0; i < kElements; ++i) host[i] = gradient(world().rank(), step, i);
    gradients.copy_(at::from_blob(host.data(), {size}));
    optimizer.begin_step(kRate, 1);
    exchange.begin_step(optimizer);
    exchange.parameter_ready(0, compute);
    exchange.finish_step(compute);
    optimizer.finish_step();
    exchange.publish();
  }
  exchange.wait_for_parameters(compute);
  const at::Tensor result = on_gpu(exchange.parameters()).cpu();
  return {result.data_ptr<float>(), result.data_ptr<float>() + kElements};
}

std::vector<float> train_on_cpu(const OptimizerOptions& options) {
  std::vector<float> parameters(kElements);
  std::vector<float> mean(kElements);
  std::vector<float> mean_square(kElements);
  std::vector<float> sum(kElements);
  for (int step = 0; step < kSteps; ++step) {
    double square = 0;
    for (std::size_t i = 0; i < kElements; ++i) {
      sum[i] = 0;
      for (int rank = 0; rank < world().size(); ++rank) sum[i] += gradient(rank, step, i);
      square += static_cast<double>(sum[i]) * sum[i];
    }
    adamw_update({kRate, options.beta1, options.beta2, options.epsilon, options.weight_decay,
                  step + 1, std::min(1.0, kClip / std::sqrt(square))},
                 sum, parameters, mean, mean_square);
  }
  return parameters;
}

TEST(DeviceOptimizerOnGpu, trains_as_the_cpu_does) {
  const auto found = choose_gpu(*world().split_by_node());
  if (!found) throw UsageError("no GPU was found; expected an NVIDIA GPU and its driver");
  const Gpu& gpu = *found;
  use_gpu(gpu);
  const c10::Device device(c10::kCUDA, static_cast<c10::DeviceIndex>(gpu.index));
  const c10::Stream stream =
      c10::impl::VirtualGuardImpl(c10::kCUDA).getStreamFromGlobalPool(device, true);
  const SystemClock clock;
  DeviceSettings settings{native(stream), clock, {}, {}, {}};
  settings.on_failure = [](const std::string& text) { throw Error(text); };
  ExchangeShape shape;
  shape.parameters = {{0, kElements}};
  shape.elements = kElements;
  const auto chosen = make_device_exchange(world(), Backend::Auto, gpu, shape, settings);

  OptimizerOptions options;
  options.type = OptimizerType::AdamW;
  const auto on_gpu = train_on_gpu(*chosen.exchange, stream, device, options);
  const auto on_cpu = train_on_cpu(options);
  for (std::size_t i = 0; i < kElements; ++i) {
    ASSERT_NEAR(on_gpu[i], on_cpu[i], 1e-4) << i << ", " << chosen.exchange->description();
  }
}

}  // namespace
}  // namespace greentrain
