#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <mutex>
#include <random>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "comm/arena/sum.h"
#include "comm/exchange/make_exchange.h"
#include "comm/rank_errors.h"
#include "comm/thread_communicator.h"

namespace greentrain {
namespace {

using testing::HasSubstr;

constexpr std::size_t kBlock = BlockShards::kBlock;
constexpr int kSteps = 6;
constexpr double kRate = 0.125;

ExchangeShape shape_of(const std::vector<std::size_t>& sizes) {
  ExchangeShape shape;
  for (const std::size_t size : sizes) {
    shape.parameters.push_back({shape.elements, size});
    shape.elements += (size + 15) / 16 * 16;
  }
  return shape;
}

// Sums of these are rounded, so that another order of the ranks gives other bits.
float gradient(int rank, int step, std::size_t element) {
  return std::sin(static_cast<float>(element % 5003) * 1.7f +
                  static_cast<float>(step * 31 + rank + 1));
}

std::vector<float> gradients_of(const ExchangeShape& shape, int rank, int step) {
  std::vector<float> values(shape.elements);
  for (const ParameterRange& range : shape.parameters) {
    for (std::size_t i = range.offset; i < range.offset + range.size; ++i) {
      values[i] = gradient(rank, step, i);
    }
  }
  return values;
}

struct Vote {
  bool non_finite;
  double sum;
};

void combine(Record& into, const Record& next) {
  Vote a;
  Vote b;
  std::memcpy(&a, into.bytes.data(), sizeof a);
  std::memcpy(&b, next.bytes.data(), sizeof b);
  a.non_finite |= b.non_finite;
  a.sum += b.sum;
  std::memcpy(into.bytes.data(), &a, sizeof a);
}

/// Plain gradient descent: parameter -= rate * gradient, at once or, with a clip, when the norm of
/// all gradients is known.
class Descent final : public BlockOwner {
 public:
  Descent(GradientExchange& exchange, bool clips) : exchange_(exchange), clips_(clips) {}

  void agreed(const Record& votes) override {
    std::memcpy(&votes_, votes.bytes.data(), sizeof votes_);
    ++times_agreed_;
  }

  void update(const ReducedBlock& block) override {
    ASSERT_EQ(times_agreed_, 1) << "a block came before the votes";
    ASSERT_EQ(exchange_.shards().owner(block.block), exchange_.owner());
    ASSERT_EQ(block.offset, block.block * kBlock);
    if (clips_) {
      kept_[block.block] = {block.gradients.begin(), block.gradients.end()};
    } else {
      apply(block.block, block.gradients, kRate);
    }
  }

  /// One step with the gradients already computed; they come in a random order.
  Vote step(const ExchangeShape& shape, const std::vector<float>& gradients, const Vote& mine,
            std::mt19937& random) {
    Record record{};
    std::memcpy(record.bytes.data(), &mine, sizeof mine);
    times_agreed_ = 0;
    exchange_.begin_step(record, combine, *this);
    std::vector<std::size_t> order(shape.parameters.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::shuffle(order.begin(), order.end(), random);
    auto* slab = reinterpret_cast<float*>(exchange_.gradients().data());
    for (const std::size_t parameter : order) {
      const ParameterRange& range = shape.parameters[parameter];
      std::copy_n(gradients.begin() + static_cast<std::ptrdiff_t>(range.offset), range.size,
                  slab + range.offset);
      exchange_.parameter_ready(parameter);
    }
    exchange_.finish_step();
    EXPECT_EQ(times_agreed_, 1);
    if (clips_) apply_clipped();
    exchange_.publish();
    return votes_;
  }

  double last_norm() const { return norm_; }

 private:
  void apply(std::size_t block, std::span<const float> gradients, double rate) {
    auto* values = reinterpret_cast<float*>(exchange_.parameters().data()) + block * kBlock;
    for (std::size_t i = 0; i < gradients.size(); ++i) {
      values[i] -= static_cast<float>(rate) * gradients[i];
    }
  }

  void apply_clipped() {
    std::vector<double> squares(exchange_.shards().blocks());
    for (const auto& [block, gradients] : kept_) {
      for (const float value : gradients) squares[block] += static_cast<double>(value) * value;
    }
    exchange_.share_by_block(squares);
    double sum = 0;
    for (const double square : squares) sum += square;
    norm_ = std::sqrt(sum);
    for (const auto& [block, gradients] : kept_) apply(block, gradients, kRate / norm_);
  }

  GradientExchange& exchange_;
  bool clips_;
  std::map<std::size_t, std::vector<float>> kept_;
  Vote votes_{};
  int times_agreed_{0};
  double norm_{0};
};

struct Setting {
  int ranks;
  int nodes;
  Backend backend;
  bool clips;
};

/// Parameters after some steps, as every rank sees them; checks that all see the same.
std::vector<float> train(const Setting& setting, const ExchangeShape& shape) {
  std::mutex mutex;
  std::vector<std::vector<float>> results;
  run_ranks(
      setting.ranks,
      [&](Communicator& world) {
        SharedMemory::Source source;
        source.one_process = true;
        const auto chosen = make_exchange(world, setting.backend, shape, source);
        GradientExchange& exchange = *chosen.exchange;
        Descent descent(exchange, setting.clips);
        std::mt19937 random(static_cast<unsigned>(world.rank()));
        for (int step = 0; step < kSteps; ++step) {
          if (step == 2) exchange.set_bucket_elements(kBlock);
          if (step == 4) exchange.set_bucket_elements(3 * kBlock);
          const Vote all = descent.step(shape, gradients_of(shape, world.rank(), step),
                                        {world.rank() == 1 && step == 3, 0.5}, random);
          EXPECT_EQ(all.non_finite, setting.ranks > 1 && step == 3);
          EXPECT_EQ(all.sum, 0.5 * setting.ranks);
        }
        const auto* values = reinterpret_cast<const float*>(exchange.parameters().data());
        const std::lock_guard lock(mutex);
        results.emplace_back(values, values + shape.elements);
      },
      setting.nodes);
  for (const auto& result : results) EXPECT_EQ(result, results.front());
  return results.front();
}

/// Sums of all ranks' gradients, on each node first.
std::vector<float> sums_of(const Setting& setting, const ExchangeShape& shape, int step) {
  const bool by_node = setting.backend != Backend::Mpi;
  const int nodes = by_node ? setting.nodes : setting.ranks;
  const int ranks = setting.ranks / nodes;
  std::vector<std::vector<float>> of_nodes;
  for (int node = 0; node < nodes; ++node) {
    std::vector<std::vector<float>> all;
    std::vector<const float*> sources;
    for (int i = 0; i < ranks; ++i) all.push_back(gradients_of(shape, node * ranks + i, step));
    for (const auto& gradients : all) sources.push_back(gradients.data());
    sum_float32(sources, of_nodes.emplace_back(shape.elements).data(), shape.elements);
  }
  std::vector<const float*> sources;
  for (const auto& sums : of_nodes) sources.push_back(sums.data());
  std::vector<float> result(shape.elements);
  sum_float32(sources, result.data(), result.size());
  return result;
}

/// The same, by one thread that holds the gradients of all ranks.
std::vector<float> train_serially(const Setting& setting, const ExchangeShape& shape) {
  std::vector<float> parameters(shape.elements);
  for (int step = 0; step < kSteps; ++step) {
    const std::vector<float> sums = sums_of(setting, shape, step);
    double squares = 0;
    for (std::size_t begin = 0; begin < sums.size(); begin += kBlock) {
      double of_block = 0;
      for (std::size_t i = begin; i < std::min(sums.size(), begin + kBlock); ++i) {
        of_block += static_cast<double>(sums[i]) * sums[i];
      }
      squares += of_block;
    }
    const auto rate = static_cast<float>(setting.clips ? kRate / std::sqrt(squares) : kRate);
    for (std::size_t i = 0; i < sums.size(); ++i) parameters[i] -= rate * sums[i];
  }
  return parameters;
}

const std::vector<std::vector<std::size_t>> kShapes = {
    {1}, {3, kBlock * 2 + 11, 1, 0, kBlock - 5, 700, kBlock * 7 + 1}};

class GradientExchanges : public testing::TestWithParam<Setting> {};

TEST_P(GradientExchanges, give_all_ranks_the_parameters_of_a_serial_run) {
  for (const auto& sizes : kShapes) {
    const ExchangeShape shape = shape_of(sizes);
    EXPECT_EQ(train(GetParam(), shape), train_serially(GetParam(), shape));
  }
}

std::vector<Setting> settings() {
  std::vector<Setting> all;
  for (const bool clips : {false, true}) {
    for (int ranks = 1; ranks <= 4; ++ranks) all.push_back({ranks, 1, Backend::Auto, clips});
    for (int ranks = 2; ranks <= 4; ++ranks) all.push_back({ranks, ranks, Backend::Arena, clips});
    all.push_back({4, 2, Backend::Auto, clips});
    all.push_back({6, 3, Backend::Auto, clips});
    all.push_back({6, 2, Backend::Auto, clips});
    all.push_back({3, 1, Backend::Mpi, clips});
    all.push_back({4, 2, Backend::Mpi, clips});
  }
  return all;
}
INSTANTIATE_TEST_SUITE_P(
    Settings, GradientExchanges, testing::ValuesIn(settings()), [](const auto& tested) {
      const Setting& s = tested.param;
      return std::to_string(s.ranks) + "_ranks_" + std::to_string(s.nodes) + "_nodes_" +
             std::string(enum_names<Backend>[static_cast<std::size_t>(s.backend)]) +
             (s.clips ? "_clipped" : "");
    });

TEST(GradientExchange, has_the_same_bits_on_one_two_and_four_nodes) {
  const ExchangeShape shape = shape_of(kShapes.back());
  const auto one = train({4, 1, Backend::Auto, true}, shape);
  EXPECT_EQ(train({4, 2, Backend::Auto, true}, shape), one);
  EXPECT_EQ(train({4, 4, Backend::Auto, true}, shape), one);
  EXPECT_EQ(train({4, 2, Backend::Mpi, true}, shape), one);
}

TEST(MakeExchange, falls_back_to_mpi_and_says_why) {
  run_ranks(2, [](Communicator& world) {
    const auto chosen =
        make_exchange(world, Backend::Auto, shape_of({5}), {"/no/such/folder", false});
    EXPECT_EQ(chosen.backend, Backend::Mpi);
    EXPECT_THAT(chosen.reason, HasSubstr("/no/such/folder"));
  });
}

TEST(MakeExchange, refuses_the_arena_where_there_is_none) {
  run_ranks(2, [](Communicator& world) {
    EXPECT_THROW(make_exchange(world, Backend::Arena, shape_of({5}), {"/no/such/folder", false}),
                 SharedError);
  });
}

TEST(MakeExchange, uses_mpi_when_nodes_have_different_numbers_of_ranks) {
  run_ranks(
      3,
      [](Communicator& world) {
        const auto chosen = make_exchange(world, Backend::Auto, shape_of({5}));
        EXPECT_EQ(chosen.backend, Backend::Mpi);
        EXPECT_THAT(chosen.reason, HasSubstr("different numbers of ranks"));
      },
      2);
}

TEST(MakeExchange, describes_what_it_chose) {
  run_ranks(
      4,
      [](Communicator& world) {
        const auto chosen = make_exchange(world, Backend::Auto, shape_of({5}));
        EXPECT_EQ(chosen.backend, Backend::Arena);
        EXPECT_THAT(chosen.reason, HasSubstr("2 ranks on each of 2 nodes"));
      },
      2);
}

}  // namespace
}  // namespace greentrain
