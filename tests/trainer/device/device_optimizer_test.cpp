#include "trainer/device/device_optimizer.h"

#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "comm/thread_communicator.h"
#include "trainer/optim/fused_update.h"

namespace greentrain {
namespace {

constexpr std::size_t kElements = 1000;
constexpr std::size_t kBucket = 256;
constexpr int kSteps = 4;

/// The exchange's part that an optimizer uses, in host memory: torch computes the same way there.
class HostExchange final : public DeviceExchange {
 public:
  explicit HostExchange(Communicator& comm)
      : comm_(comm),
        shards_({}, kElements, kBucket, comm.size()),
        parameters_(shards_.padded_elements()) {}

  float* parameters() override { return parameters_.data(); }
  float* gradients() override { return nullptr; }
  const DeviceShards& shards() const override { return shards_; }
  int rank() const override { return comm_.rank(); }
  void begin_step(DeviceShardOwner&) override {}
  void parameter_ready(std::size_t, DeviceStream) override {}
  void finish_step(DeviceStream) override {}
  void gather(const float* mine, float* all, std::size_t count) override {
    comm_.all_gather(
        ConstBufferView{mine, count, ElementType::Float32},
        BufferView{all, count * static_cast<std::size_t>(comm_.size()), ElementType::Float32});
  }
  void publish() override {}
  void wait_for_parameter(std::size_t, DeviceStream) override {}
  void wait_for_parameters(DeviceStream) override {}
  Seconds waited() const override { return {}; }
  std::string description() const override { return ""; }
  void abandon() override {}

  /// Hands every shard of this rank to the owner, with its gradients as `parts` addends.
  void reduce(DeviceShardOwner& owner, std::vector<std::vector<float>>& parts) {
    for (std::size_t bucket = 0; bucket < shards_.buckets(); ++bucket) {
      const DeviceShard shard = shards_.of(bucket, rank());
      std::vector<const float*> sources;
      for (auto& part : parts) sources.push_back(part.data() + shard.offset);
      owner.update({shard, sources, parameters_.data() + shard.offset});
    }
  }

 private:
  Communicator& comm_;
  DeviceShards shards_;
  std::vector<float> parameters_;
};

float start_value(std::size_t i) { return std::sin(static_cast<float>(i)); }

// The same on every rank: each takes its own shards of it.
std::vector<float> gradients(int step, std::size_t part, std::size_t size) {
  std::vector<float> values(size);
  for (std::size_t i = 0; i < kElements; ++i) {
    values[i] = std::cos(static_cast<float>(i * 3 + part) + static_cast<float>(step));
  }
  return values;
}

struct Setting {
  OptimizerType type;
  double momentum;
  double clip_norm;
  std::size_t parts;  ///< Addends of a gradient.
  bool nesterov{false};
  double clip_value{0};
};

OptimizerOptions options_of(const Setting& setting) {
  OptimizerOptions options;
  options.type = setting.type;
  options.momentum = setting.momentum;
  options.nesterov = setting.nesterov;
  options.clip_value = setting.clip_value;
  return options;
}

std::vector<float> parameters_of_shards(const Setting& setting, Communicator& comm) {
  HostExchange exchange(comm);
  for (std::size_t i = 0; i < kElements; ++i) exchange.parameters()[i] = start_value(i);
  const c10::Stream stream(c10::Stream::DEFAULT, c10::kCPU);
  DeviceOptimizer optimizer(options_of(setting), setting.clip_norm, kElements, exchange, stream);
  for (int step = 0; step < kSteps; ++step) {
    std::vector<std::vector<float>> parts;
    for (std::size_t part = 0; part < setting.parts; ++part) {
      parts.push_back(gradients(step, part, exchange.shards().padded_elements()));
    }
    optimizer.begin_step(0.1, 1);
    exchange.reduce(optimizer, parts);
    optimizer.finish_step();
  }
  return {exchange.parameters(), exchange.parameters() + kElements};
}

std::vector<float> sum_of_parts(int step, std::size_t parts) {
  std::vector<float> sum(kElements);
  for (std::size_t part = 0; part < parts; ++part) {
    const auto values = gradients(step, part, kElements);
    for (std::size_t i = 0; i < kElements; ++i) sum[i] += values[i];
  }
  return sum;
}

/// What the CPU's optimizer makes of the same gradients.
std::vector<float> expected(const Setting& setting) {
  const OptimizerOptions options = options_of(setting);
  std::vector<float> parameters(kElements);
  for (std::size_t i = 0; i < kElements; ++i) parameters[i] = start_value(i);
  std::vector<float> mean(kElements);
  std::vector<float> mean_square(kElements);
  for (int step = 0; step < kSteps; ++step) {
    std::vector<float> sum = sum_of_parts(step, setting.parts);
    if (setting.clip_value > 0) clip_values(sum, static_cast<float>(setting.clip_value));
    double scale = 1;
    if (setting.clip_norm > 0) {
      double square = 0;
      for (const float value : sum) square += static_cast<double>(value) * value;
      scale = std::min(1.0, setting.clip_norm / std::sqrt(square));
    }
    const AdamStep adam{
        0.1, options.beta1, options.beta2, options.epsilon, options.weight_decay, step + 1, scale};
    if (setting.type == OptimizerType::AdamW) {
      adamw_update(adam, sum, parameters, mean, mean_square);
    } else if (setting.type == OptimizerType::Adam) {
      adam_update(adam, sum, parameters, mean, mean_square);
    } else {
      sgd_update({0.1, setting.momentum, options.weight_decay, step == 0, setting.nesterov, scale},
                 sum, parameters, mean);
    }
  }
  return parameters;
}

class DeviceOptimizers : public testing::TestWithParam<Setting> {};

TEST_P(DeviceOptimizers, update_their_shards_as_the_cpu_does_the_whole) {
  const std::vector<float> all = expected(GetParam());
  for (const int ranks : {1, 2, 3}) {
    run_ranks(ranks, [&](Communicator& comm) {
      const std::vector<float> mine = parameters_of_shards(GetParam(), comm);
      const DeviceShards shards({}, kElements, kBucket, ranks);
      for (std::size_t bucket = 0; bucket < shards.buckets(); ++bucket) {
        const DeviceShard shard = shards.of(bucket, comm.rank());
        for (std::size_t i = 0; i < shard.elements && shard.offset + i < kElements; ++i) {
          ASSERT_NEAR(mine[shard.offset + i], all[shard.offset + i], 2e-5) << shard.offset + i;
        }
      }
    });
  }
}
INSTANTIATE_TEST_SUITE_P(Settings, DeviceOptimizers,
                         testing::Values(Setting{OptimizerType::AdamW, 0, 0, 1},
                                         Setting{OptimizerType::AdamW, 0, 0.5, 3},
                                         Setting{OptimizerType::Adam, 0, 0, 1},
                                         Setting{OptimizerType::Adam, 0, 0.5, 2},
                                         Setting{OptimizerType::Sgd, 0.9, 0, 2},
                                         Setting{OptimizerType::Sgd, 0.9, 0.5, 2, true},
                                         Setting{OptimizerType::Sgd, 0.9, 0, 3, false, 0.25},
                                         Setting{OptimizerType::Sgd, 0.9, 0.5, 1},
                                         Setting{OptimizerType::Sgd, 0, 0, 1}));

TEST(DeviceOptimizer, leaves_gradients_below_the_clip_as_they_are) {
  run_ranks(2, [](Communicator& comm) {
    const auto with = parameters_of_shards({OptimizerType::AdamW, 0, 1e6, 1}, comm);
    EXPECT_EQ(with, parameters_of_shards({OptimizerType::AdamW, 0, 0, 1}, comm));
  });
}

TEST(DeviceOptimizer, knows_the_norm_of_all_ranks_gradients) {
  run_ranks(3, [](Communicator& comm) {
    HostExchange exchange(comm);
    const c10::Stream stream(c10::Stream::DEFAULT, c10::kCPU);
    DeviceOptimizer optimizer({}, 1.0, kElements, exchange, stream);
    std::vector<std::vector<float>> parts{std::vector<float>(exchange.shards().padded_elements())};
    std::fill_n(parts[0].begin(), 900, 2.0f);
    optimizer.begin_step(0.1, 1);
    exchange.reduce(optimizer, parts);
    optimizer.finish_step();
    EXPECT_FLOAT_EQ(optimizer.gradient_norm().item<float>(), 60.0f);
  });
}

TEST(DeviceOptimizer, makes_running_statistics_the_mean_over_the_ranks_that_brought_some) {
  constexpr std::size_t kStatisticsBegin = 300;  // Inside a shard.
  run_ranks(1, [](Communicator& comm) {
    HostExchange exchange(comm);
    const c10::Stream stream(c10::Stream::DEFAULT, c10::kCPU);
    DeviceOptimizer optimizer({}, 0, kStatisticsBegin, exchange, stream);
    std::vector<std::vector<float>> parts{
        std::vector<float>(exchange.shards().padded_elements(), 6.0f)};
    optimizer.begin_step(0.1, 4);
    exchange.reduce(optimizer, parts);
    optimizer.finish_step();
    EXPECT_LT(exchange.parameters()[kStatisticsBegin - 1], 0);  // A step downhill from 0.
    EXPECT_EQ(exchange.parameters()[kStatisticsBegin], 1.5f);
    EXPECT_EQ(exchange.parameters()[kElements - 1], 1.5f);
  });
}

}  // namespace
}  // namespace greentrain
