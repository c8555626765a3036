#include "trainer/checkpoint/weights.h"

#include <gmock/gmock.h>

#include "core/error.h"
#include "tests/trainer/checkpoint/two_tensors.h"

namespace greentrain {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(Weights, have_the_sha256_of_the_documented_bytes) {
  // python3: sha256(b"layer.bias\0I64\0" + pack("<qq", 0, 3) +
  //                 b"weight\0F32\0" + pack("<3q2f", 2, 2, 1, 1.0, -2.0)).hexdigest()
  EXPECT_EQ(weights_sha256(TwoTensors()),
            "3fb64c9ccd3843c13a112b45b39e1e9ffb9e03c20586e83ca8611fb3b6013bad");
  EXPECT_EQ(weights_sha256(torch::nn::Module()),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Weights, change_their_sha256_with_a_bit_a_shape_or_a_name) {
  const auto first = weights_sha256(TwoTensors());
  TwoTensors value;
  value.set(1, 2);
  EXPECT_NE(weights_sha256(value), first);
  TwoTensors zero;
  zero.set(0.0f, 1);
  TwoTensors minus_zero;
  minus_zero.set(-0.0f, 1);
  EXPECT_NE(weights_sha256(zero), weights_sha256(minus_zero));
  TwoTensors shape;
  shape.weight.set_data(shape.weight.view({1, 2}));
  EXPECT_NE(weights_sha256(shape), first);
  TwoTensors name;
  name.register_buffer("more", at::zeros({0}));
  EXPECT_NE(weights_sha256(name), first);
}

TEST(Weights, of_a_view_and_of_its_copy_have_the_same_sha256) {
  TwoTensors view;
  view.weight.set_data(at::tensor({1.0f, 7.0f, -2.0f, 7.0f}).view({2, 2}).narrow(1, 0, 1));
  ASSERT_FALSE(view.weight.is_contiguous());
  EXPECT_EQ(weights_sha256(view), weights_sha256(TwoTensors()));
}

TEST(WeightsSnapshot, brings_back_what_was_taken_last_into_the_same_memory) {
  TwoTensors module;
  WeightsSnapshot best;
  EXPECT_TRUE(best.empty());
  best.take(module);
  module.set(5, 6);
  best.take(module);
  const auto taken = weights_sha256(module);
  module.set(7, 8);
  module.bias.fill_(9);
  const void* memory = module.weight.data_ptr();
  best.restore(module);
  EXPECT_FALSE(best.empty());
  EXPECT_EQ(weights_sha256(module), taken);
  EXPECT_EQ(module.weight.data_ptr(), memory);
  EXPECT_TRUE(module.weight.requires_grad());
}

TEST(WeightsSnapshot, does_not_restore_nothing_or_another_model) {
  TwoTensors module;
  WeightsSnapshot snapshot;
  EXPECT_THAT([&] { snapshot.restore(module); }, ThrowsMessage<Error>(HasSubstr("nothing")));
  snapshot.take(module);
  TwoTensors other;
  other.weight.set_data(at::zeros({3, 1}));
  EXPECT_THAT([&] { snapshot.restore(other); },
              ThrowsMessage<Error>(HasSubstr("weight was taken")));
}

}  // namespace
}  // namespace greentrain
