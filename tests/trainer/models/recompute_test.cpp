#include "trainer/models/recompute.h"

#include <map>
#include <string>

#include <ATen/autocast_mode.h>
#include <gmock/gmock.h>
#include <torch/csrc/autograd/function_hook.h>
#include <torch/csrc/autograd/variable.h>

#include "core/error.h"
#include "tests/trainer/models/spec/spec_text.h"
#include "trainer/models/model.h"

namespace greentrain {
namespace {

struct Case {
  std::string name;
  ModelOptions options;
  DatasetInfo data;
};

std::shared_ptr<Model> model_of(const Case& test, bool recomputes) {
  ModelOptions options = test.options;
  options.checkpoint_activations = recomputes;
  at::manual_seed(1);
  return make_model(options, test.data);
}

at::Tensor inputs_of(const Case& test) {
  at::manual_seed(2);
  auto shape = test.data.sample_shape;
  shape.insert(shape.begin(), 3);
  return test.data.text ? at::randint(test.data.classes, shape, at::kLong) : at::randn(shape);
}

/// Everything that a step leaves behind.
struct Step {
  at::Tensor logits;
  std::map<std::string, at::Tensor> tensors;  ///< Gradients and buffers by name.
  at::Tensor next_random;
};

enum class Autocast { Off, On };

Step step(Model& model, const at::Tensor& inputs, Autocast autocast = Autocast::Off) {
  at::manual_seed(3);
  at::autocast::set_autocast_enabled(at::kCPU, autocast == Autocast::On);
  at::autocast::set_autocast_dtype(at::kCPU, at::kBFloat16);
  Step done{model.forward(inputs), {}, {}};
  at::autocast::set_autocast_enabled(at::kCPU, false);
  at::autocast::clear_cache();
  done.logits.to(at::kFloat).square().sum().backward();
  for (const auto& item : model.named_parameters()) done.tensors[item.key()] = item.value().grad();
  for (const auto& item : model.named_buffers()) done.tensors[item.key()] = item.value();
  done.next_random = at::rand({4});
  return done;
}

void expect_equal(const Step& one, const Step& other) {
  EXPECT_TRUE(at::equal(one.logits, other.logits));
  EXPECT_TRUE(at::equal(one.next_random, other.next_random));
  ASSERT_EQ(one.tensors.size(), other.tensors.size());
  for (const auto& [name, tensor] : one.tensors) {
    const at::Tensor& twin = other.tensors.at(name);
    ASSERT_EQ(tensor.defined(), twin.defined()) << name;
    if (tensor.defined()) {
      EXPECT_TRUE(at::equal(tensor, twin)) << name;
    }
  }
}

ModelOptions own() {
  return {.type = ModelType::Spec, .spec = yaml_list(R"(
- residual: [{conv: 1, norm: batch}, {dropout: 30%}]
- {block: [{conv: 4}, batch_norm, relu, {dropout: 30%}], name: ""}
- {residual: [{conv: 8, stride: 2}, relu], shortcut: [{conv: 8, kernel: 1, stride: 2}, batch_norm]}
- flatten
- {linear: classes}
)")};
}

class Recompute : public ::testing::TestWithParam<Case> {};
INSTANTIATE_TEST_SUITE_P(
    Models, Recompute,
    ::testing::Values(
        Case{"gpt",
             {.type = ModelType::Gpt, .layers = 2, .width = 8, .heads = 2, .dropout = {0.2}},
             {.name = "", .sha256 = "", .sample_shape = {16}, .classes = 256, .text = true}},
        Case{"vit",
             {.type = ModelType::Vit, .layers = 2, .width = 8, .heads = 2, .dropout = {0.2}},
             {.name = "", .sha256 = "", .sample_shape = {1, 8, 8}, .classes = 10}},
        Case{"resnet",
             {.type = ModelType::Resnet, .depth = 8},
             {.name = "", .sha256 = "", .sample_shape = {1, 8, 8}, .classes = 10}},
        Case{"spec", own(), {.name = "", .sha256 = "", .sample_shape = {1, 8, 8}, .classes = 10}}),
    [](const auto& test) { return test.param.name; });

TEST_P(Recompute, leaves_the_same_bits_as_keeping_everything) {
  const auto kept = model_of(GetParam(), false);
  const auto recomputed = model_of(GetParam(), true);
  const auto inputs = inputs_of(GetParam());
  for (int i = 0; i < 2; ++i) expect_equal(step(*recomputed, inputs), step(*kept, inputs));
}

TEST_P(Recompute, casts_as_autocast_did_in_the_first_forward) {
  const auto kept = model_of(GetParam(), false);
  const auto recomputed = model_of(GetParam(), true);
  const auto inputs = inputs_of(GetParam());
  const Step with = step(*recomputed, inputs, Autocast::On);
  expect_equal(with, step(*kept, inputs, Autocast::On));
  EXPECT_FALSE(at::equal(with.logits.to(at::kFloat), step(*kept, inputs).logits));
}

TEST_P(Recompute, trains_what_follows_frozen_layers) {
  const auto kept = model_of(GetParam(), false);
  const auto recomputed = model_of(GetParam(), true);
  for (Model* model : {kept.get(), recomputed.get()}) {
    const auto parameters = model->parameters();
    for (std::size_t i = 0; i < parameters.size() / 2; ++i) parameters[i].requires_grad_(false);
  }
  const auto inputs = inputs_of(GetParam());
  expect_equal(step(*recomputed, inputs), step(*kept, inputs));
}

/// Counts how often a gradient is ready.
class Count final : public torch::autograd::PostAccumulateGradHook {
 public:
  explicit Count(int& count) : count_(count) {}
  void operator()(const at::Tensor& parameter) override {
    EXPECT_TRUE(parameter.grad().defined());
    ++count_;
  }

 private:
  int& count_;
};

TEST_P(Recompute, tells_of_each_gradient_once) {
  const auto model = model_of(GetParam(), true);
  std::map<std::string, int> counts;
  for (const auto& item : model->named_parameters()) {
    torch::autograd::impl::set_post_acc_grad_hooks(item.value(),
                                                   std::make_unique<Count>(counts[item.key()]));
  }
  step(*model, inputs_of(GetParam()));
  for (const auto& [name, count] : counts) EXPECT_EQ(count, 1) << name;
}

TEST_P(Recompute, runs_each_block_once_where_nothing_is_trained) {
  const auto model = model_of(GetParam(), true);
  model->eval();
  const auto inputs = inputs_of(GetParam());
  const at::NoGradGuard no_grad;
  EXPECT_FALSE(model->forward(inputs).requires_grad());
  EXPECT_TRUE(at::equal(model->forward(inputs), model->forward(inputs)));
}

TEST(RecomputeOption, needs_a_block) {
  const Case mlp{"mlp", {}, {.name = "", .sha256 = "", .sample_shape = {4}, .classes = 2}};
  EXPECT_THAT([&] { model_of(mlp, true); },
              ::testing::ThrowsMessage<UsageError>(::testing::HasSubstr(
                  "model.checkpoint_activations is true, but the model has no block")));
}

}  // namespace
}  // namespace greentrain
