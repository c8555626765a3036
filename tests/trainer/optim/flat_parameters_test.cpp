#include "trainer/optim/flat_parameters.h"

#include <cstdint>

#include <gmock/gmock.h>

#include "core/error.h"
#include "tests/trainer/optim/two_parameters.h"

namespace greentrain {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(FlatParameters, keeps_the_values_and_the_result_to_the_bit) {
  TwoParameters module;
  const auto x = at::randn({3, 5});
  const auto before = module.forward(x);
  const auto weight = module.weight.clone();
  const FlatParameters flat(module);
  EXPECT_TRUE(at::equal(module.weight, weight));
  EXPECT_TRUE(at::equal(module.forward(x), before));
}

TEST(FlatParameters, lays_parameters_out_in_order_at_64_bytes) {
  TwoParameters module;
  FlatParameters flat(module);
  ASSERT_EQ(flat.slices().size(), 2u);
  EXPECT_EQ(flat.slices()[0].name, "weight");
  EXPECT_EQ(flat.slices()[0].offset, 0);
  EXPECT_THAT(flat.slices()[0].shape, ElementsAre(5, 7));
  EXPECT_EQ(flat.slices()[1].name, "bias");
  EXPECT_EQ(flat.slices()[1].offset, 48);
  EXPECT_THAT(flat.slices()[1].shape, ElementsAre(7));
  EXPECT_EQ(flat.values().numel(), 64);
  EXPECT_EQ(flat.gradients().numel(), 64);
  for (const auto* data : {flat.values().data_ptr(), flat.gradients().data_ptr()}) {
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(data) % 64, 0u);
  }
}

TEST(FlatParameters, writing_the_flat_buffer_changes_the_parameters) {
  TwoParameters module;
  FlatParameters flat(module);
  flat.values().fill_(3);
  EXPECT_TRUE(module.bias.eq(3).all().item<bool>());
  EXPECT_EQ(module.forward(at::zeros({1, 5})).item<float>(), 7 * 9.0f);
}

TEST(FlatParameters, backward_adds_to_the_flat_gradients) {
  TwoParameters bound;
  TwoParameters plain;
  {
    const at::NoGradGuard no_grad;
    plain.weight.copy_(bound.weight);
    plain.bias.copy_(bound.bias);
  }
  FlatParameters flat(bound);
  const auto x = at::randn({3, 5});
  for (int i = 0; i < 2; ++i) {  // Twice: accumulated, and still the same memory.
    bound.forward(x).backward();
    plain.forward(x).backward();
  }
  EXPECT_TRUE(at::equal(flat.gradients().narrow(0, 0, 35).view({5, 7}), plain.weight.grad()));
  EXPECT_TRUE(at::equal(flat.gradients().narrow(0, 48, 7), plain.bias.grad()));
  EXPECT_TRUE(flat.gradients().narrow(0, 35, 13).eq(0).all().item<bool>());

  flat.zero_gradients();
  EXPECT_TRUE(bound.weight.grad().eq(0).all().item<bool>());
  EXPECT_TRUE(bound.bias.grad().eq(0).all().item<bool>());
}

TEST(FlatParameters, a_module_without_parameters_has_empty_buffers) {
  torch::nn::Module module;
  FlatParameters flat(module);
  EXPECT_EQ(flat.values().numel(), 0);
  flat.zero_gradients();
}

TEST(FlatParameters, names_the_parameter_that_is_not_float32) {
  TwoParameters module;
  module.register_parameter("odd", at::zeros({1}, at::kDouble));
  EXPECT_THAT([&] { FlatParameters flat(module); },
              ThrowsMessage<Error>(HasSubstr("parameter odd is Double on cpu, expected Float")));
}

}  // namespace
}  // namespace greentrain
