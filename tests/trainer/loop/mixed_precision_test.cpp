#include "trainer/loop/mixed_precision.h"

#include <array>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include <ATen/Context.h>
#include <ATen/autocast_mode.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <ATen/record_function.h>
#include <gtest/gtest.h>

namespace greentrain {
namespace {

constexpr std::int64_t kHidden = 3;  // Layers, and one for the output.

std::shared_ptr<Model> mlp() {
  ModelOptions options;
  options.hidden.assign(kHidden, 16);
  return make_model(options, {"points", "none", {8}, 4, false});
}

std::shared_ptr<Model> gpt(bool tied) {
  ModelOptions options;
  options.type = ModelType::Gpt;
  options.layers = 2;
  options.width = 16;
  options.heads = 2;
  options.tied = tied;
  return make_model(options, {"text", "none", {8}, 32, true});
}

std::shared_ptr<Model> resnet() {
  ModelOptions options;
  options.type = ModelType::Resnet;
  options.depth = 8;
  return make_model(options, {"images", "none", {3, 8, 8}, 4, false});
}

thread_local int casts = 0;

std::unique_ptr<at::ObserverContext> count_cast(const at::RecordFunction& function) {
  casts += std::string_view(function.name()) == "aten::_to_copy" ? 1 : 0;
  return nullptr;
}

/// How many tensors are converted while `work` runs.
template <class Work>
int casts_in(Work work) {
  casts = 0;
  const auto handle = at::addThreadLocalCallback(
      at::RecordFunctionCallback(count_cast).scopes({at::RecordScope::FUNCTION}));
  work();
  at::removeCallback(handle);
  return casts;
}

/// A model in training, its samples, and no casts from tests before.
struct Setting {
  std::shared_ptr<Model> model;
  at::Tensor inputs;
  MixedPrecision precision;

  Setting(std::shared_ptr<Model> of, at::Tensor samples, Precision wanted = Precision::Bfloat16,
          Products products = Products::SixteenBit)
      : model(std::move(of)), inputs(std::move(samples)), precision(wanted, at::kCPU, products) {
    at::manual_seed(1);
    precision.forget_casts();
  }
  ~Setting() { precision.forget_casts(); }
  at::Tensor logits() { return precision.logits(*model, inputs); }
};

constexpr std::array kProducts{Products::SixteenBit, Products::InFloat32};

at::Tensor points() { return at::randn({5, 8}); }
at::Tensor tokens() { return at::randint(0, 32, {3, 8}, at::kLong); }
at::Tensor images() { return at::randn({4, 3, 8, 8}); }

TEST(MixedPrecision, gives_float32_logits_near_those_of_float32) {
  for (const Products products : kProducts) {
    for (const auto precision : {Precision::Float32, Precision::Bfloat16,
                                 Precision::Bfloat16Weights, Precision::Float16}) {
      Setting setting(mlp(), points(), precision, products);
      const at::Tensor exact = setting.model->forward(setting.inputs);
      if (precision == Precision::Bfloat16Weights) round_parameters(*setting.model);
      const at::Tensor logits = setting.logits();
      EXPECT_EQ(logits.scalar_type(), at::kFloat);
      EXPECT_TRUE(at::allclose(logits, exact, 0.02, 0.02)) << enum_name(precision);
      EXPECT_EQ(at::equal(logits, exact), precision == Precision::Float32);
      EXPECT_FALSE(at::autocast::is_autocast_enabled(at::kCPU));
    }
  }
}

// A view such as w.t() would be cast again in every forward: autocast keeps casts of leaves alone.
/// Every model, fresh.
std::vector<std::pair<std::shared_ptr<Model>, at::Tensor>> models() {
  return {{mlp(), points()}, {gpt(false), tokens()}, {gpt(true), tokens()}, {resnet(), images()}};
}

// A view such as w.t() would be cast again in every forward: autocast keeps casts of leaves alone.
TEST(MixedPrecision, casts_each_weight_once_until_weights_change) {
  const std::array weights{8, 17, 17, 9};  // Of matrix products and convolutions, with biases.
  for (const Products products : kProducts) {
    const int casts_of_one = products == Products::InFloat32 ? 2 : 1;  // There and back.
    const auto all = models();
    for (std::size_t i = 0; i < all.size(); ++i) {
      Setting setting(all[i].first, all[i].second, Precision::Bfloat16, products);
      const int first = casts_in([&] { setting.logits(); });
      const int second = casts_in([&] { setting.logits(); });
      EXPECT_EQ(first - second, casts_of_one * weights[i]) << i;
      setting.precision.forget_casts();
      EXPECT_EQ(casts_in([&] { setting.logits(); }), first);
    }
  }
}

TEST(MixedPrecision, sees_new_weights_once_it_was_told_of_them) {
  for (const Products products : kProducts) {
    Setting setting(mlp(), points(), Precision::Bfloat16, products);
    const at::Tensor before = setting.logits().detach();
    {
      const at::NoGradGuard no_grad;
      for (at::Tensor& parameter : setting.model->parameters()) parameter.mul_(2);
    }
    EXPECT_TRUE(at::equal(setting.logits(), before)) << "casts are no longer kept";
    setting.precision.forget_casts();
    EXPECT_FALSE(at::equal(setting.logits(), before));
  }
}

// Whether torch itself makes casts anew that were made without gradients depends on its version.
TEST(MixedPrecision, finds_gradients_after_a_forward_without) {
  for (const Products products : kProducts) {
    Setting setting(mlp(), points(), Precision::Bfloat16, products);
    {
      const at::NoGradGuard no_grad;
      setting.logits();
    }
    if (products == Products::SixteenBit) setting.precision.forget_casts();
    setting.logits().sum().backward();
    for (const auto& parameter : setting.model->parameters()) {
      EXPECT_TRUE(parameter.grad().defined());
    }
  }
}

TEST(MixedPrecision, leaves_gradients_and_running_statistics_float32) {
  for (const Products products : kProducts) {
    for (const auto precision : {Precision::Bfloat16, Precision::Float16}) {
      Setting setting(resnet(), images(), precision, products);
      setting.logits().square().sum().backward();
      for (const auto& parameter : setting.model->parameters()) {
        EXPECT_EQ(parameter.grad().scalar_type(), at::kFloat);
      }
      for (const auto& buffer : setting.model->named_buffers()) {
        EXPECT_EQ(buffer.value().scalar_type(), at::kFloat) << buffer.key();
      }
    }
  }
}

std::vector<at::Tensor> logits_and_gradients(Setting& setting) {
  const at::Tensor logits = setting.logits();
  logits.square().sum().backward();
  std::vector<at::Tensor> all{logits.detach()};
  for (const auto& parameter : setting.model->parameters()) {
    all.push_back(parameter.grad().to(at::kFloat));
  }
  setting.model->zero_grad();
  return all;
}

double distance(const at::Tensor& a, const at::Tensor& b) {
  return ((a - b).norm() / b.norm()).item<double>();
}

// They differ in the order of their sums alone: by less than one rounding to 16 bits each.
TEST(MixedPrecision, computes_in_float32_what_16_bit_kernels_compute) {
  for (const auto precision :
       {Precision::Bfloat16, Precision::Bfloat16Weights, Precision::Float16}) {
    const double unit = precision == Precision::Float16 ? 1.0 / 1024 : 1.0 / 128;
    for (const auto& [model, inputs] : models()) {
      const bool statistics = !model->named_buffers().is_empty() && inputs.dim() == 4;
      if (precision == Precision::Bfloat16Weights && statistics) continue;
      if (precision == Precision::Bfloat16Weights) round_parameters(*model);
      Setting native(model, inputs, precision, Products::SixteenBit);
      const auto expected = logits_and_gradients(native);
      Setting emulated(model, inputs, precision, Products::InFloat32);
      const auto found = logits_and_gradients(emulated);
      for (std::size_t i = 0; i < expected.size(); ++i) {
        EXPECT_LT(distance(found[i], expected[i]), 4 * unit) << enum_name(precision) << " " << i;
      }
    }
  }
}

TEST(RoundParameters, makes_weights_and_gradients_bfloat16_and_back_without_loss) {
  for (const bool tied : {false, true}) {
    Setting setting(gpt(tied), tokens(), Precision::Bfloat16Weights);
    const auto count = setting.model->parameters().size();
    round_parameters(*setting.model);
    ASSERT_EQ(setting.model->parameters().size(), count);
    setting.logits().square().sum().backward();
    std::vector<at::Tensor> rounded;
    for (const auto& parameter : setting.model->parameters()) {
      EXPECT_EQ(parameter.scalar_type(), at::kBFloat16);
      EXPECT_EQ(parameter.grad().scalar_type(), at::kBFloat16);
      rounded.push_back(parameter.detach());
    }
    setting.model->zero_grad();
    widen_parameters(*setting.model);
    for (std::size_t i = 0; i < rounded.size(); ++i) {
      const at::Tensor now = setting.model->parameters()[i];
      EXPECT_EQ(now.scalar_type(), at::kFloat);
      EXPECT_TRUE(at::equal(now, rounded[i].to(at::kFloat)));
    }
  }
}

TEST(RoundParameters, leaves_buffers_float32) {
  const auto model = mlp();
  round_parameters(*model);
  for (const auto& buffer : model->named_buffers()) {
    EXPECT_EQ(buffer.value().scalar_type(), at::kFloat) << buffer.key();
  }
}

}  // namespace
}  // namespace greentrain
