#include "comm/exchange/node_reducer.h"

#include <algorithm>
#include <atomic>
#include <functional>
#include <random>
#include <span>
#include <vector>

#include <gtest/gtest.h>

#include "comm/arena/sum.h"
#include "comm/thread_communicator.h"

namespace greentrain {
namespace {

constexpr std::size_t kBlock = BlockShards::kBlock;

/// A model's layout for the tests: parameters one after the other.
struct Layout {
  explicit Layout(std::vector<std::size_t> sizes) {
    for (const std::size_t size : sizes) {
      parameters.push_back({elements, size});
      elements += size;
    }
  }
  std::vector<ParameterRange> parameters;
  std::size_t elements{0};
};

float gradient(int rank, int step, std::size_t element) {
  return static_cast<float>(rank + 1) * 0.25f + static_cast<float>(step) +
         static_cast<float>(element % 1000) * 0.5f;
}

float expected_sum(int ranks, int step, std::size_t element) {
  float sum = gradient(0, step, element);
  for (int rank = 1; rank < ranks; ++rank) sum += gradient(rank, step, element);
  return sum;
}

class NodeReducers : public testing::TestWithParam<int> {};

/// Hands the blocks to a function.
class Blocks final : public NodeReducer::Sink {
 public:
  using Work = std::function<void(std::size_t offset, std::span<const float> sums)>;
  explicit Blocks(Work work) : work_(std::move(work)) {}
  void block_summed(std::size_t block, std::span<float> sums) override {
    work_(block * kBlock, sums);
  }
  void bucket_summed(std::size_t) override {}

 private:
  Work work_;
};

TEST_P(NodeReducers, hand_every_summed_element_to_one_rank_once_a_step) {
  const int ranks = GetParam();
  const Layout layout({3, kBlock * 2 + 11, 1, kBlock - 5, 700});
  for (const std::size_t bucket : {kBlock, 2 * kBlock, 100 * kBlock}) {
    std::vector<std::atomic<int>> seen(layout.elements);
    run_ranks(ranks, [&](Communicator& node) {
      Arena arena(
          node, {0, layout.elements * sizeof(float), NodeReducer::counters_needed(layout.elements)},
          {.one_process = true});
      auto* slab = reinterpret_cast<float*>(arena.slab(arena.rank()).data());
      const BucketPlan plan(layout.parameters, layout.elements, bucket);
      NodeReducer reducer(arena, ElementType::Float32, plan, layout.elements);
      for (int step = 0; step < 20; ++step) {
        Blocks blocks([&](std::size_t offset, std::span<const float> sums) {
          for (std::size_t i = 0; i < sums.size(); ++i) {
            ASSERT_EQ(sums[i], expected_sum(ranks, step, offset + i));
            ++seen[offset + i];
          }
        });
        reducer.begin_step(blocks);
        std::mt19937 order(static_cast<unsigned>(step * 10 + node.rank()));  // ranks differ
        std::vector<std::size_t> ready(layout.parameters.size());
        for (std::size_t i = 0; i < ready.size(); ++i) ready[i] = i;
        std::shuffle(ready.begin(), ready.end(), order);
        for (const std::size_t parameter : ready) {
          const ParameterRange& range = layout.parameters[parameter];
          for (std::size_t i = range.offset; i < range.offset + range.size; ++i) {
            slab[i] = gradient(node.rank(), step, i);
          }
          reducer.parameter_ready(parameter);
        }
        reducer.finish_step();
        arena.barrier();
      }
    });
    for (std::size_t i = 0; i < seen.size(); ++i) ASSERT_EQ(seen[i], 20) << "element " << i;
  }
}

TEST_P(NodeReducers, count_parameters_that_never_come_as_the_zeros_in_the_slab) {
  const Layout layout({kBlock, kBlock});
  run_ranks(GetParam(), [&](Communicator& node) {
    Arena arena(node,
                {0, layout.elements * sizeof(float), NodeReducer::counters_needed(layout.elements)},
                {.one_process = true});
    auto* slab = reinterpret_cast<float*>(arena.slab(arena.rank()).data());
    const BucketPlan plan(layout.parameters, layout.elements, kBlock);
    NodeReducer reducer(arena, ElementType::Float32, plan, layout.elements);
    for (int step = 0; step < 3; ++step) {
      Blocks blocks([&](std::size_t offset, std::span<const float> sums) {
        const float expected = offset == 0 ? 0.0f : static_cast<float>(arena.ranks());
        for (const float value : sums) ASSERT_EQ(value, expected);
      });
      reducer.begin_step(blocks);
      std::fill_n(slab + kBlock, kBlock, 1.0f);
      reducer.parameter_ready(1);
      reducer.finish_step();
      arena.barrier();
    }
  });
}

TEST_P(NodeReducers, sum_bfloat16_gradients_in_float32) {
  const Layout layout({kBlock + 100});
  run_ranks(GetParam(), [&](Communicator& node) {
    Arena arena(
        node,
        {0, layout.elements * sizeof(BFloat16), NodeReducer::counters_needed(layout.elements)},
        {.one_process = true});
    auto* slab = reinterpret_cast<BFloat16*>(arena.slab(arena.rank()).data());
    const std::vector<float> tiny(layout.elements, arena.rank() == 0 ? 256.0f : 0.5f);
    const BucketPlan plan(layout.parameters, layout.elements, kBlock);
    NodeReducer reducer(arena, ElementType::BFloat16, plan, layout.elements);
    Blocks blocks([&](std::size_t, std::span<const float> sums) {
      // 256.5 has no bfloat16: a sum in bfloat16 would lose the halves.
      const float expected = 256.0f + 0.5f * static_cast<float>(arena.ranks() - 1);
      for (const float value : sums) ASSERT_EQ(value, expected);
    });
    reducer.begin_step(blocks);
    to_bfloat16(tiny.data(), slab, tiny.size());
    reducer.parameter_ready(0);
    reducer.finish_step();
    arena.barrier();
  });
}

INSTANTIATE_TEST_SUITE_P(Ranks, NodeReducers, testing::Values(1, 2, 3, 4));

}  // namespace
}  // namespace greentrain
