#include "trainer/checkpoint/weights_file.h"

#include <gmock/gmock.h>

#include "core/error.h"
#include "core/file.h"
#include "tests/fakes/test_folder.h"
#include "tests/trainer/checkpoint/two_tensors.h"
#include "trainer/checkpoint/weights.h"

namespace greentrain {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::ThrowsMessage;

TEST(WeightsFile, brings_back_weights_buffers_and_metadata) {
  const TestFolder folder;
  TwoTensors saved;
  saved.set(0.1f, 1e-40f);
  saved.bias.fill_(1LL << 60);
  save_weights(saved, folder / "a.safetensors", {{"step", "12"}});
  TwoTensors loaded;
  const void* memory = loaded.weight.data_ptr();
  EXPECT_THAT(load_weights(loaded, folder / "a.safetensors"), ElementsAre(Pair("step", "12")));
  EXPECT_EQ(weights_sha256(loaded), weights_sha256(saved));
  EXPECT_EQ(loaded.weight.data_ptr(), memory);
  EXPECT_TRUE(loaded.weight.requires_grad());
}

TEST(WeightsFile, every_dtype_that_can_be_saved_can_be_loaded) {
  const TestFolder folder;
  for (const auto type : {at::kDouble, at::kFloat, at::kHalf, at::kBFloat16, at::kLong, at::kInt,
                          at::kShort, at::kChar, at::kByte, at::kBool}) {
    torch::nn::Module saved;
    saved.register_buffer("a", at::tensor({1, 0, 1}).to(type));
    save_weights(saved, folder / "a.safetensors");
    torch::nn::Module loaded;
    const auto a = loaded.register_buffer("a", at::zeros({3}, type));
    EXPECT_THAT(load_weights(loaded, folder / "a.safetensors"), IsEmpty());
    EXPECT_TRUE(at::equal(a, at::tensor({1, 0, 1}).to(type))) << at::toString(type);
  }
}

TEST(WeightsFile, a_view_is_saved_as_its_elements) {
  const TestFolder folder;
  TwoTensors view;
  view.weight.set_data(at::tensor({1.0f, 7.0f, -2.0f, 7.0f}).view({2, 2}).narrow(1, 0, 1));
  save_weights(view, folder / "view");
  save_weights(TwoTensors(), folder / "copy");
  EXPECT_EQ(read_file(folder / "view"), read_file(folder / "copy"));
}

TEST(WeightsFile, lists_every_tensor_that_does_not_fit_and_changes_none) {
  const TestFolder folder;
  TwoTensors saved;
  saved.set(5, 6);
  saved.register_buffer("only_here", at::zeros({2, 3}));
  saved.register_buffer("shape", at::zeros({2}));
  saved.register_buffer("type", at::zeros({2}));
  save_weights(saved, folder / "a.safetensors");
  TwoTensors module;
  module.register_buffer("only_there", at::zeros({4}));
  module.register_buffer("shape", at::zeros({2, 1}));
  module.register_buffer("type", at::zeros({2}, at::kHalf));
  EXPECT_THAT(
      [&] { load_weights(module, folder / "a.safetensors"); },
      ThrowsMessage<UsageError>(EndsWith("a.safetensors does not fit the model:"
                                         "\n  unexpected: only_here, F32 [2, 3]"
                                         "\n  mismatch: shape is F32 [2], expected F32 [2, 1]"
                                         "\n  mismatch: type is F32 [2], expected F16 [2]"
                                         "\n  missing: only_there, F32 [4]")));
  EXPECT_EQ(module.weight[0][0].item<float>(), 1.0f);
}

TEST(WeightsFile, a_missing_or_malformed_file_is_a_usage_error_with_its_path) {
  const TestFolder folder;
  TwoTensors module;
  EXPECT_THAT([&] { load_weights(module, folder / "none.safetensors"); },
              ThrowsMessage<UsageError>(HasSubstr("none.safetensors: cannot read")));
  write_file_atomically(folder / "bad.safetensors", "not weights");
  EXPECT_THAT([&] { load_weights(module, folder / "bad.safetensors"); },
              ThrowsMessage<UsageError>(HasSubstr("bad.safetensors: not a safetensors file")));
}

TEST(WeightsFile, names_the_folder_that_cannot_be_written) {
  EXPECT_THAT([] { save_weights(TwoTensors(), "no/such/a.safetensors"); },
              ThrowsMessage<Error>(HasSubstr("no/such/a.safetensors: cannot write: No such file")));
}

}  // namespace
}  // namespace greentrain
