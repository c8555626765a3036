#include "trainer/loop/loss_scale.h"

#include <random>

#include <ATen/ops/_amp_update_scale.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

namespace greentrain {
namespace {

TEST(LossScale, grows_and_backs_off_as_torchs_does) {
  std::mt19937 chance(5);
  for (const LossScaleOptions& options :
       {LossScaleOptions{}, LossScaleOptions{1024, 2, 0.5, 3}, LossScaleOptions{3, 1.7, 0.3, 1},
        LossScaleOptions{16777216, 16, 0.5, 1}}) {
    LossScale ours(options);
    at::Tensor scale = at::full({1}, options.initial, at::kFloat);
    at::Tensor good_steps = at::zeros({1}, at::kInt);
    for (int step = 0; step < 500; ++step) {
      // At first none overflows, so that the largest scales are reached.
      const bool overflowed = step > 100 && chance() % 4 == 0;
      const at::Tensor found_inf = at::full({1}, overflowed ? 1.0 : 0.0, at::kFloat);
      at::_amp_update_scale_(scale, good_steps, found_inf, options.growth, options.backoff,
                             options.growth_interval);
      ours.update(overflowed);
      ASSERT_EQ(ours.value(), static_cast<double>(scale.item<float>())) << "step " << step;
    }
  }
}

TEST(LossScale, is_exhausted_when_it_is_too_small_to_be_the_reason) {
  LossScale scale({1, 2, 0.5, 2000});
  for (int i = 0; i < 16; ++i) {
    EXPECT_FALSE(scale.exhausted());
    scale.update(true);
  }
  EXPECT_FALSE(scale.exhausted());
  scale.update(true);
  EXPECT_TRUE(scale.exhausted());
}

}  // namespace
}  // namespace greentrain
