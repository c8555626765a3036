#include "trainer/optim/gradient_hooks.h"

#include <array>
#include <cstring>
#include <vector>

#include <ATen/ops/full.h>
#include <ATen/ops/sin.h>
#include <ATen/ops/zeros_like.h>
#include <gtest/gtest.h>

#include "comm/fold.h"
#include "core/error.h"
#include "tests/trainer/optim/bound_model.h"
#include "tests/trainer/optim/two_parameters.h"

namespace greentrain {
namespace {

/// Keeps the sums.
class Sums final : public BlockOwner {
 public:
  explicit Sums(std::size_t elements)
      : values(at::full({static_cast<std::int64_t>(elements)}, -1.0f)) {}
  void agreed(const Record&) override {}
  void update(const ReducedBlock& block) override {
    std::memcpy(values.data_ptr<float>() + block.offset, block.gradients.data(),
                block.gradients.size_bytes());
  }
  at::Tensor values;
};

void nothing(Record&, const Record&) {}

at::Tensor input(int share) {
  return at::sin(at::full({3, 5}, 0.7f + static_cast<float>(share) * 1.3f));
}

/// A step of `shares` micro-batches over all ranks; this rank's sums by parameter.
template <class Module, class Loss>
Sums step(BoundModel<Module>& rank, int shares, Loss loss) {
  static const SystemClock clock;
  const int count = shares / rank.comm.size();
  GradientHooks hooks(rank.parameters, rank.exchange, count, clock);
  Sums sums(rank.parameters.shape().elements);
  for (int micro_batch = 0; micro_batch < count; ++micro_batch) {
    const at::Tensor value = loss(rank.module, rank.comm.rank() * count + micro_batch);
    if (micro_batch == count - 1) rank.exchange.begin_step({}, nothing, sums);
    hooks.begin(micro_batch,
                value.defined() ? GradientHooks::Samples::Some : GradientHooks::Samples::None);
    if (value.defined()) value.backward();
    hooks.end();
  }
  rank.exchange.finish_step();
  rank.exchange.publish();
  return sums;
}

at::Tensor gradient_of(const ParameterSlice& slice, const Sums& sums) {
  return slice.in(sums.values);
}

TEST(GradientHooks, bring_the_sum_over_ranks_of_what_autograd_computes) {
  for (const int ranks : {1, 2, 3}) {
    on_bound_ranks<TwoParameters>(ranks, [](BoundModel<TwoParameters>& rank) {
      TwoParameters plain;
      {
        const at::NoGradGuard no_grad;
        plain.weight.copy_(rank.initial.at("weight"));
        plain.bias.copy_(rank.initial.at("bias"));
      }
      for (int share = 0; share < rank.comm.size(); ++share) plain.forward(input(share)).backward();
      const Sums sums = step(rank, rank.comm.size(), [](TwoParameters& module, int share) {
        return module.forward(input(share));
      });
      if (rank.exchange.owner() != 0) return;  // There is one block.
      const auto& slices = rank.parameters.parameters();
      EXPECT_TRUE(at::allclose(gradient_of(slices[0], sums), plain.weight.grad()));
      EXPECT_TRUE(at::allclose(gradient_of(slices[1], sums), plain.bias.grad()));
      EXPECT_FALSE(rank.module.weight.grad().defined());
    });
  }
}

TEST(GradientHooks, give_the_same_bits_for_every_number_of_ranks_that_shares_the_micro_batches) {
  std::vector<at::Tensor> results;
  for (const int ranks : {1, 2, 4, 8}) {
    on_bound_ranks<TwoParameters>(ranks, [&](BoundModel<TwoParameters>& rank) {
      const Sums sums = step(
          rank, 8, [](TwoParameters& module, int share) { return module.forward(input(share)); });
      if (rank.exchange.owner() == 0) results.push_back(sums.values);
    });
  }
  ASSERT_EQ(results.size(), 4u);
  for (const at::Tensor& result : results) EXPECT_TRUE(at::equal(result, results.front()));
}

TEST(GradientHooks, count_a_share_without_samples_as_zeros) {
  for (const int empty : {0, 1, 2, 3}) {
    std::vector<at::Tensor> results;
    for (const int ranks : {1, 2, 4}) {
      on_bound_ranks<TwoParameters>(ranks, [&](BoundModel<TwoParameters>& rank) {
        const Sums sums = step(rank, 4, [&](TwoParameters& module, int share) {
          return share == empty ? at::Tensor() : module.forward(input(share));
        });
        if (rank.exchange.owner() == 0) results.push_back(sums.values);
      });
    }
    EXPECT_TRUE(at::equal(results[0], results[1]));
    EXPECT_TRUE(at::equal(results[0], results[2]));
  }
}

/// One parameter is used twice, one only by rank 0, one never.
class Odd : public torch::nn::Module {
 public:
  at::Tensor forward(bool all) const {
    const at::Tensor value = (twice * twice.sum()).sum();
    return all ? value + sometimes.sum() : value;
  }
  at::Tensor twice = register_parameter("twice", at::full({3}, 2.0f));
  at::Tensor never = register_parameter("never", at::full({2}, 1.0f));
  at::Tensor sometimes = register_parameter("sometimes", at::full({1}, 1.0f));
};

TEST(GradientHooks, take_unused_parameters_as_zeros_and_a_shared_one_once) {
  on_bound_ranks<Odd>(2, [](BoundModel<Odd>& rank) {
    for (int repetition = 0; repetition < 3; ++repetition) {  // What was left must not come again.
      const Sums sums =
          step(rank, 2, [](Odd& module, int share) { return module.forward(share == 0); });
      if (rank.exchange.owner() != 0) continue;
      const auto& slices = rank.parameters.parameters();
      EXPECT_TRUE(gradient_of(slices[0], sums).eq(24).all().item<bool>());  // 2 ranks * 2 * 3 * 2
      EXPECT_TRUE(gradient_of(slices[1], sums).eq(0).all().item<bool>());
      EXPECT_TRUE(gradient_of(slices[2], sums).eq(1).all().item<bool>());
    }
  });
}

// Along the tree of tree_split(), with gradients of each share alone as its leaves.
at::Tensor tree_sum(const std::vector<at::Tensor>& leaves, std::size_t first, std::size_t count) {
  if (count == 1) return leaves[first];
  const std::size_t half = tree_split(count);
  return tree_sum(leaves, first, half) + tree_sum(leaves, first + half, count - half);
}

TEST(GradientHooks, add_up_any_number_of_micro_batches_along_the_tree) {
  on_bound_ranks<TwoParameters>(1, [](BoundModel<TwoParameters>& rank) {
    std::vector<at::Tensor> alone;
    for (int share = 0; share < 13; ++share) {
      alone.push_back(step(rank, 1, [&](TwoParameters& module, int) {
                        return module.forward(input(share));
                      }).values);
    }
    for (int count = 1; count <= 13; ++count) {
      for (const int empty : {-1, 0, count / 2, count - 1}) {
        std::vector<at::Tensor> leaves = alone;
        if (empty >= 0) leaves[static_cast<std::size_t>(empty)] = at::zeros_like(alone.front());
        const Sums sums = step(rank, count, [&](TwoParameters& module, int share) {
          return share == empty ? at::Tensor() : module.forward(input(share));
        });
        EXPECT_TRUE(at::equal(sums.values, tree_sum(leaves, 0, static_cast<std::size_t>(count))))
            << count << " micro-batches, number " << empty << " empty";
      }
    }
  });
}

TEST(GradientHooks, refuse_to_compute_in_no_micro_batch) {
  on_bound_ranks<TwoParameters>(1, [](BoundModel<TwoParameters>& rank) {
    const SystemClock clock;
    EXPECT_THROW(GradientHooks(rank.parameters, rank.exchange, 0, clock), Error);
  });
}

TEST(GradientHooks, time_the_first_steps) {
  on_bound_ranks<TwoParameters>(1, [](BoundModel<TwoParameters>& rank) {
    const SystemClock clock;
    GradientHooks hooks(rank.parameters, rank.exchange, 1, clock);
    Sums sums(rank.parameters.shape().elements);
    for (int i = 0; i < 10; ++i) {
      EXPECT_FALSE(hooks.times_are_known());
      const at::Tensor loss = rank.module.forward(input(i));
      rank.exchange.begin_step({}, nothing, sums);
      hooks.begin(0, GradientHooks::Samples::Some);
      loss.backward();
      hooks.end();
      rank.exchange.finish_step();
      rank.exchange.publish();
    }
    EXPECT_TRUE(hooks.times_are_known());
    for (const double seconds : hooks.ready_seconds()) EXPECT_GT(seconds, 0);
  });
}

}  // namespace
}  // namespace greentrain
