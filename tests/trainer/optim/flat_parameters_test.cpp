#include "trainer/optim/flat_parameters.h"

#include <gmock/gmock.h>

#include "core/error.h"
#include "tests/trainer/optim/bound_model.h"
#include "tests/trainer/optim/two_parameters.h"

namespace greentrain {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

constexpr std::size_t kBlock = BlockShards::kBlock;

TEST(FlatParameters, lays_parameters_out_in_order_at_64_bytes) {
  TwoParameters module;
  const FlatParameters flat(module);
  ASSERT_EQ(flat.parameters().size(), 2u);
  EXPECT_EQ(flat.parameters()[0].name, "weight");
  EXPECT_EQ(flat.parameters()[0].offset, 0);
  EXPECT_EQ(flat.parameters()[1].name, "bias");
  EXPECT_EQ(flat.parameters()[1].offset, 48);
  EXPECT_EQ(flat.shape().elements, 64u);
}

TEST(FlatParameters, keeps_the_values_and_the_result_to_the_bit_on_every_rank) {
  for (const int ranks : {1, 2, 3}) {
    on_bound_ranks<TwoParameters>(ranks, [](BoundModel<TwoParameters>& rank) {
      const auto x = at::ones({3, 5});
      EXPECT_TRUE(at::equal(rank.module.weight, rank.initial.at("weight")));
      EXPECT_TRUE(at::equal(rank.module.bias, rank.initial.at("bias")));
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(rank.module.bias.data_ptr()) % 64, 0u);
    });
  }
}

TEST(FlatParameters, all_ranks_of_a_node_see_what_an_owner_writes) {
  on_bound_ranks<TwoParameters>(2, [](BoundModel<TwoParameters>& rank) {
    if (rank.exchange.owner() == 0) rank.module.bias.data_ptr<float>()[6] = 3;
    rank.exchange.publish();
    EXPECT_EQ(rank.module.bias[6].item<float>(), 3);
  });
}

TEST(FlatParameters, gives_the_module_its_own_memory_back) {
  on_bound_ranks<TwoParameters>(2, [](BoundModel<TwoParameters>& rank) {
    rank.parameters.release();
    rank.exchange.publish();
    const at::NoGradGuard no_grad;
    rank.module.bias.fill_(rank.exchange.owner());
    rank.exchange.publish();
    EXPECT_EQ(rank.module.bias[0].item<float>(), static_cast<float>(rank.exchange.owner()));
  });
}

class SharedAndFrozen : public torch::nn::Module {
 public:
  SharedAndFrozen() {
    frozen.requires_grad_(false);
    register_parameter("again", weight);
  }
  at::Tensor weight = register_parameter("weight", at::ones({3}));
  at::Tensor frozen = register_parameter("frozen", at::ones({2}));
};

TEST(FlatParameters, takes_a_shared_parameter_once_and_leaves_a_frozen_one) {
  SharedAndFrozen module;
  module.frozen = module.named_parameters()["frozen"];
  module.frozen.requires_grad_(false);
  const FlatParameters flat(module);
  ASSERT_EQ(flat.parameters().size(), 1u);
  EXPECT_EQ(flat.parameters()[0].name, "weight");
}

class WithStatistics : public torch::nn::Module {
 public:
  at::Tensor weight = register_parameter("weight", at::ones({3}));
  at::Tensor mean = register_buffer("running_mean", at::zeros({4}));
  at::Tensor scale = register_buffer("scale", at::ones({4}));
  at::Tensor batches = register_buffer("num_batches_tracked", at::zeros({}, at::kLong));
};

TEST(FlatParameters, puts_statistics_into_blocks_of_their_own_and_no_other_buffer) {
  WithStatistics module;
  const FlatParameters flat(module);
  ASSERT_EQ(flat.statistics().size(), 1u);
  EXPECT_EQ(flat.statistics()[0].name, "running_mean");
  EXPECT_EQ(flat.statistics_begin(), kBlock);
  EXPECT_EQ(flat.shape().elements, kBlock + 16);
  EXPECT_EQ(flat.shape().parameters.size(), 2u);
}

TEST(FlatParameters, leaves_the_statistics_of_frozen_normalisation_where_they_are) {
  WithStatistics module;
  module.register_parameter("other", at::ones({3}));
  module.weight.requires_grad_(false);
  const FlatParameters flat(module);
  EXPECT_TRUE(flat.statistics().empty());
  ASSERT_EQ(flat.parameters().size(), 1u);
  EXPECT_EQ(flat.shape().elements, 16u);
}

TEST(FlatParameters, undoes_what_a_forward_did_to_the_statistics_and_counts_a_batch_a_step) {
  on_bound_ranks<WithStatistics>(1, [](BoundModel<WithStatistics>& rank) {
    rank.module.mean.fill_(7);
    rank.module.batches.fill_(5);
    rank.parameters.restore_statistics();
    EXPECT_EQ(rank.module.mean[0].item<float>(), 0);
    EXPECT_EQ(rank.module.batches.item<std::int64_t>(), 0);
    rank.parameters.updated();
    EXPECT_EQ(rank.module.batches.item<std::int64_t>(), 1);
  });
}

TEST(FlatParameters, a_module_without_parameters_still_has_an_element_to_exchange) {
  torch::nn::Module module;
  EXPECT_EQ(FlatParameters(module).shape().elements, 1u);
}

TEST(FlatParameters, names_the_parameter_of_another_type) {
  TwoParameters module;
  module.register_parameter("odd", at::zeros({1}, at::kDouble));
  EXPECT_THAT([&] { FlatParameters flat(module); },
              ThrowsMessage<Error>(HasSubstr("parameter odd is Double on cpu, expected Float")));
}

TEST(FlatParameters, does_not_round_statistics_to_bfloat16) {
  WithStatistics module;
  module.to(at::kBFloat16);
  EXPECT_THAT([&] { FlatParameters flat(module); },
              ThrowsMessage<Error>(HasSubstr("running_mean would be rounded")));
}

}  // namespace
}  // namespace greentrain
