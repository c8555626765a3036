#include <cmath>
#include <cstring>
#include <map>
#include <mutex>
#include <random>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "comm/device/cuda_arena_exchange.h"
#include "comm/device/cuda_gpus.h"
#include "comm/device/make_device_exchange.h"
#include "comm/device/nccl_exchange.h"
#include "comm/rank_errors.h"
#include "comm/thread_communicator.h"
#include "tests/comm/device/gpu_fake.h"

namespace greentrain {
namespace {

using testing::HasSubstr;

constexpr int kSteps = 5;
constexpr float kRate = 0.125f;

ExchangeShape shape_of(const std::vector<std::size_t>& sizes) {
  ExchangeShape shape;
  for (const std::size_t size : sizes) {
    shape.parameters.push_back({shape.elements, size});
    shape.elements += (size + 15) / 16 * 16;
  }
  return shape;
}

// Depends on the parameter, so that one read too early or written too early shows.
float gradient(int rank, int step, std::size_t element, float parameter) {
  return std::sin(static_cast<float>(element % 5003) * 1.7f +
                  static_cast<float>(step * 31 + rank + 1)) +
         0.25f * parameter;
}

/// Gradient descent in the exchange's stream, at once or, with a clip, when the norm is known.
class Descent final : public DeviceShardOwner {
 public:
  Descent(DeviceExchange& exchange, DeviceStream stream, bool clips)
      : exchange_(exchange),
        stream_(stream),
        clips_(clips),
        sums_(exchange.shards().shard_size()) {}

  void update(const ReducedShard& shard) override {
    shards_.push_back(shard);
    const std::vector<const float*> sources(shard.gradients.begin(), shard.gradients.end());
    float* const sums = sums_.data() + shard.shard.shard_offset;
    fake_gpu::enqueue(stream_, [this, sources, sums, elements = shard.shard.elements] {
      for (std::size_t i = 0; i < elements; ++i) {
        sums[i] = 0;
        for (const float* source : sources) sums[i] += source[i];
        square_ += sums[i] * sums[i];
      }
    });
    if (!clips_) apply(shard, &kRate);
  }

  void finish() {
    if (clips_) {
      exchange_.gather(&square_, squares_.data(), 1);
      fake_gpu::enqueue(stream_, [this, ranks = exchange_.shards().ranks()] {
        float sum = 0;
        for (int rank = 0; rank < ranks; ++rank) sum += squares_[static_cast<std::size_t>(rank)];
        rate_ = kRate / std::sqrt(sum);
        square_ = 0;
      });
      for (const ReducedShard& shard : shards_) apply(shard, &rate_);
    }
    shards_.clear();
  }

 private:
  void apply(const ReducedShard& shard, const float* rate) {
    const float* const sums = sums_.data() + shard.shard.shard_offset;
    fake_gpu::enqueue(stream_, [sums, rate, to = shard.parameters, n = shard.shard.elements] {
      for (std::size_t i = 0; i < n; ++i) to[i] -= *rate * sums[i];
    });
  }

  DeviceExchange& exchange_;
  DeviceStream stream_;
  bool clips_;
  std::vector<ReducedShard> shards_;
  std::vector<float> sums_;  // In device memory, like what follows.
  float square_{0};
  std::array<float, 16> squares_{};
  float rate_{0};
};

/// A stand-in for a model: every parameter's gradient depends on the parameter alone.
class Model {
 public:
  Model(const ExchangeShape& shape, DeviceExchange& exchange, int rank)
      : shape_(shape), exchange_(exchange), rank_(rank), read_(shape.elements) {}

  void forward(DeviceStream compute) {
    for (std::size_t i = 0; i < shape_.parameters.size(); ++i) {
      exchange_.wait_for_parameter(i, compute);
      fake_gpu::enqueue(compute, [this, range = shape_.parameters[i]] {
        std::copy_n(exchange_.parameters() + range.offset, range.size,
                    read_.begin() + static_cast<std::ptrdiff_t>(range.offset));
      });
    }
  }

  void backward(int step, DeviceStream compute, std::mt19937& random) {
    std::vector<std::size_t> order(shape_.parameters.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::shuffle(order.begin(), order.end(), random);
    for (const std::size_t parameter : order) {
      fake_gpu::enqueue(compute, [this, step, range = shape_.parameters[parameter]] {
        for (std::size_t i = range.offset; i < range.offset + range.size; ++i) {
          exchange_.gradients()[i] = gradient(rank_, step, i, read_[i]);
        }
      });
      if (parameter == 2) continue;  // As if it came from elsewhere: finish_step() takes it.
      exchange_.parameter_ready(parameter, compute);
    }
  }

 private:
  const ExchangeShape& shape_;
  DeviceExchange& exchange_;
  int rank_;
  std::vector<float> read_;
};

struct Setting {
  int ranks;
  Backend backend;
  bool clips;
};

class Streams {
 public:
  ~Streams() {
    fake_gpu::destroy_stream(compute);
    fake_gpu::destroy_stream(exchange);
  }
  void finish() const {
    fake_gpu::synchronize(compute);
    fake_gpu::synchronize(exchange);
  }
  const DeviceStream compute{fake_gpu::make_stream()};
  const DeviceStream exchange{fake_gpu::make_stream()};
};

std::unique_ptr<DeviceExchange> make(Communicator& world, Backend backend,
                                     const ExchangeShape& shape, const DeviceSettings& settings) {
  constexpr std::size_t kBucket = 1000;
  DeviceShards shards(shape.parameters, shape.elements, kBucket, world.size());
  if (backend == Backend::Nccl) {
    return std::make_unique<NcclExchange>(world, std::move(shards), settings);
  }
  return std::make_unique<CudaArenaExchange>(world, std::move(shards), settings);
}

const SystemClock kClock;

DeviceSettings settings_of(DeviceStream stream) {
  DeviceSettings settings{stream, kClock, {}, {}, {}};
  settings.on_failure = [](const std::string& text) { ADD_FAILURE() << text; };
  settings.host_memory.one_process = true;
  return settings;
}

std::vector<float> train(const Setting& setting, const ExchangeShape& shape) {
  std::mutex mutex;
  std::vector<std::vector<float>> results;
  run_ranks(setting.ranks, [&](Communicator& world) {
    const Streams streams;
    const auto exchange = make(world, setting.backend, shape, settings_of(streams.exchange));
    Descent descent(*exchange, streams.exchange, setting.clips);
    Model model(shape, *exchange, world.rank());
    std::mt19937 random(static_cast<unsigned>(world.rank()));
    for (int step = 0; step < kSteps; ++step) {
      model.forward(streams.compute);
      exchange->begin_step(descent);
      model.backward(step, streams.compute, random);
      exchange->finish_step(streams.compute);
      descent.finish();
      exchange->publish();
    }
    exchange->wait_for_parameters(streams.compute);
    streams.finish();
    const float* values = exchange->parameters();
    const std::lock_guard lock(mutex);
    results.emplace_back(values, values + shape.elements);
  });
  for (const auto& result : results) EXPECT_EQ(result, results.front());
  return results.front();
}

/// Parts of the buffer in the order in which a rank adds up its squares.
float norm_of(const std::vector<float>& sums, const ExchangeShape& shape, int ranks) {
  const DeviceShards shards(shape.parameters, shape.elements, 1000, ranks);
  float total = 0;
  for (int rank = 0; rank < ranks; ++rank) {
    float square = 0;
    for (std::size_t bucket = 0; bucket < shards.buckets(); ++bucket) {
      const DeviceShard shard = shards.of(bucket, rank);
      for (std::size_t i = shard.offset; i < shard.offset + shard.elements; ++i) {
        const float value = i < sums.size() ? sums[i] : 0;
        square += value * value;
      }
    }
    total += square;
  }
  return std::sqrt(total);
}

std::vector<float> train_serially(const Setting& setting, const ExchangeShape& shape) {
  std::vector<float> parameters(shape.elements);
  for (int step = 0; step < kSteps; ++step) {
    std::vector<float> sums(shape.elements);
    for (const ParameterRange& range : shape.parameters) {
      for (std::size_t i = range.offset; i < range.offset + range.size; ++i) {
        for (int rank = 0; rank < setting.ranks; ++rank) {
          sums[i] += gradient(rank, step, i, parameters[i]);
        }
      }
    }
    const float rate = setting.clips ? kRate / norm_of(sums, shape, setting.ranks) : kRate;
    for (std::size_t i = 0; i < sums.size(); ++i) parameters[i] -= rate * sums[i];
  }
  return parameters;
}

const std::vector<std::vector<std::size_t>> kShapes = {{1}, {3, 2500, 1, 0, 999, 700, 4096}};

class DeviceExchanges : public testing::TestWithParam<Setting> {
  void TearDown() override {
    EXPECT_EQ(fake_gpu::overlapping_nccl_calls(), 0);
    EXPECT_EQ(fake_gpu::living_communicators(), 0);
    EXPECT_EQ(fake_gpu::aborted_communicators(), 0);
    fake_gpu::reset();
  }
};

TEST_P(DeviceExchanges, give_all_ranks_the_parameters_of_a_serial_run) {
  for (const auto& sizes : kShapes) {
    const ExchangeShape shape = shape_of(sizes);
    EXPECT_EQ(train(GetParam(), shape), train_serially(GetParam(), shape));
  }
}

std::vector<Setting> settings() {
  std::vector<Setting> all;
  for (const Backend backend : {Backend::Nccl, Backend::Arena}) {
    for (const bool clips : {false, true}) {
      for (int ranks = 1; ranks <= 4; ++ranks) all.push_back({ranks, backend, clips});
    }
  }
  return all;
}
INSTANTIATE_TEST_SUITE_P(Settings, DeviceExchanges, testing::ValuesIn(settings()),
                         [](const auto& tested) {
                           const Setting& s = tested.param;
                           return std::to_string(s.ranks) + "_ranks_" +
                                  std::string(
                                      enum_names<Backend>[static_cast<std::size_t>(s.backend)]) +
                                  (s.clips ? "_clipped" : "");
                         });

class MakeDeviceExchange : public testing::Test {
 protected:
  void TearDown() override { fake_gpu::reset(); }

  /// What is chosen for ranks with these GPUs, or why nothing.
  static std::vector<std::string> choices(const std::vector<std::string>& uuids, Backend backend) {
    std::vector<std::string> result(uuids.size());
    run_ranks(static_cast<int>(uuids.size()), [&](Communicator& world) {
      const Streams streams;
      const auto rank = static_cast<std::size_t>(world.rank());
      try {
        const auto chosen = make_device_exchange(world, backend, {0, uuids[rank], "GPU"},
                                                 shape_of({100}), settings_of(streams.exchange));
        result[rank] = chosen.exchange->description();
      } catch (const SharedError& error) {
        result[rank] = error.what();
      }
    });
    return result;
  }
};

TEST_F(MakeDeviceExchange, takes_nccl_for_a_gpu_each_and_the_arena_for_one_gpu) {
  EXPECT_THAT(choices({"a", "b"}, Backend::Auto), testing::Each(HasSubstr("NCCL 2.")));
  EXPECT_THAT(choices({"a", "a"}, Backend::Auto), testing::Each(HasSubstr("2 ranks share a GPU")));
  EXPECT_THAT(choices({"a"}, Backend::Auto), testing::Each("one rank with a GPU"));
  EXPECT_THAT(choices({"a"}, Backend::Nccl), testing::Each(HasSubstr("NCCL 2.")));
}

TEST_F(MakeDeviceExchange, says_what_cannot_be) {
  EXPECT_THAT(choices({"a", "a", "b"}, Backend::Auto),
              testing::Each(HasSubstr("3 ranks have 2 GPUs: start 2 ranks")));
  EXPECT_THAT(choices({"a", "a"}, Backend::Nccl),
              testing::Each(HasSubstr("nccl: 2 ranks have 1 GPUs")));
  EXPECT_THAT(choices({"a", "b"}, Backend::Arena), testing::Each(HasSubstr("arena: 2 ranks")));
}

TEST(ChooseGpu, gives_the_ranks_of_a_machine_different_gpus) {
  fake_gpu::set_gpus({7, 9});
  run_ranks(2, [](Communicator& node) {
    const auto uuids = all_gather_text(node, choose_gpu(node)->uuid);
    EXPECT_THAT(uuids, testing::UnorderedElementsAre("GPU-00000000-0000-0000-0000-000000000007",
                                                     "GPU-00000000-0000-0000-0000-000000000009"));
  });
  fake_gpu::reset();
}

TEST(ChooseGpu, finds_none_where_there_is_none) {
  fake_gpu::set_gpus({});
  run_ranks(2, [](Communicator& node) { EXPECT_FALSE(choose_gpu(node)); });
  fake_gpu::reset();
}

}  // namespace
}  // namespace greentrain
