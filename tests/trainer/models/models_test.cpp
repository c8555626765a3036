#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include "core/error.h"
#include "tests/trainer/models/spec/spec_text.h"
#include "trainer/models/initial_values.h"
#include "trainer/models/model.h"
#include "trainer/models/spec/families.h"
#include "trainer/models/spec/write_spec.h"

namespace greentrain {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

DatasetInfo info(std::vector<std::int64_t> sample_shape, std::int64_t classes, bool is_text) {
  return {.name = "a file",
          .sha256 = "",
          .sample_shape = std::move(sample_shape),
          .classes = classes,
          .text = is_text};
}
DatasetInfo images() { return info({1, 8, 8}, 10, false); }
DatasetInfo rows() { return info({64}, 10, false); }
DatasetInfo cifar() { return info({3, 32, 32}, 10, false); }
DatasetInfo imagenet() { return info({3, 224, 224}, 1000, false); }
DatasetInfo gpt2_text() { return info({1024}, 50257, true); }
DatasetInfo text() { return info({16}, 256, true); }

ModelOptions mlp() { return {.type = ModelType::Mlp}; }
ModelOptions cnn() { return {.type = ModelType::Cnn, .hidden = {128}}; }
ModelOptions resnet() { return {.type = ModelType::Resnet, .depth = 8}; }
ModelOptions linear() { return {.type = ModelType::Linear}; }
ModelOptions vit() { return {.type = ModelType::Vit, .layers = 2, .width = 8, .heads = 2}; }
ModelOptions of_spec(const std::string& layers) {
  return {.type = ModelType::Spec, .spec = yaml_list(layers)};
}
/// Every layer for images that no family uses so.
ModelOptions own() {
  return of_spec(R"(
- {conv: 6, bias: false, name: first}
- batch_norm
- {dropout: 0%}
- block:
    - residual: [{conv: 6, groups: 2}, {gelu: tanh}]
  repeat: 2
  name: blocks
- residual: [{conv: 8, stride: 2, norm: batch}, relu, {conv: 8, norm: batch}]
  shortcut: [{conv: 8, kernel: 1, stride: 2}]
- flatten
- {layer_norm: 1.0e-3}
- {linear: 16, bias: false, init: xavier}
- {dropout: 0%}
- {linear: classes}
)");
}
ModelOptions gpt() { return {.type = ModelType::Gpt, .layers = 2, .width = 8, .heads = 2}; }

struct Case {
  std::string name;
  ModelOptions options;
  DatasetInfo data;
};

at::Tensor some_inputs(const DatasetInfo& data, std::int64_t samples) {
  auto shape = data.sample_shape;
  shape.insert(shape.begin(), samples);
  return data.text ? at::randint(data.classes, shape, at::kLong) : at::randn(shape);
}

at::Tensor some_targets(const DatasetInfo& data, std::int64_t samples) {
  return at::randint(data.classes, {data.text ? samples * data.sample_shape[0] : samples},
                     at::kLong);
}

/// Mean over all targets, of [n, classes] or [n, t, classes].
at::Tensor loss(Model& model, const at::Tensor& inputs, const at::Tensor& targets) {
  const auto logits = model.forward(inputs);
  return at::cross_entropy_loss(logits.view({-1, logits.size(-1)}), targets);
}

class EveryModel : public ::testing::TestWithParam<Case> {};
INSTANTIATE_TEST_SUITE_P(Models, EveryModel,
                         ::testing::Values(Case{"linear", linear(), images()},
                                           Case{"mlp", mlp(), images()},
                                           Case{"cnn", cnn(), images()},
                                           Case{"resnet", resnet(), images()},
                                           Case{"vit", vit(), images()}, Case{"gpt", gpt(), text()},
                                           Case{"spec", own(), images()}),
                         [](const auto& test) { return test.param.name; });

TEST_P(EveryModel, gives_logits_per_sample_or_token) {
  const auto& [name, options, data] = GetParam();
  const auto model = make_model(options, data);
  for (const std::int64_t samples : {0, 1, 3}) {
    std::vector<std::int64_t> expected{samples, data.classes};
    if (data.text) expected.insert(expected.begin() + 1, data.sample_shape[0]);
    EXPECT_EQ(model->forward(some_inputs(data, samples)).sizes(), at::IntArrayRef(expected));
  }
}

TEST_P(EveryModel, starts_from_the_seed_of_the_default_generator) {
  const auto& [name, options, data] = GetParam();
  const auto inputs = some_inputs(data, 3);
  std::vector<at::Tensor> logits;
  for (const std::uint64_t seed : {1, 1, 2}) {
    at::manual_seed(seed);
    logits.push_back(make_model(options, data)->forward(inputs));
  }
  EXPECT_TRUE(at::equal(logits[0], logits[1]));
  EXPECT_FALSE(at::equal(logits[0], logits[2]));
}

TEST_P(EveryModel, knows_nothing_at_first) {
  const auto& [name, options, data] = GetParam();
  at::manual_seed(3);
  const auto model = make_model(options, data);
  const double first = loss(*model, some_inputs(data, 64), some_targets(data, 64)).item<double>();
  EXPECT_NEAR(first, std::log(static_cast<double>(data.classes)), 0.1);
}

TEST_P(EveryModel, drops_activations_only_while_training) {
  auto [name, options, data] = GetParam();
  if (options.type == ModelType::Linear) return;  // Nothing between inputs and logits.
  if (options.type == ModelType::Spec) options = of_spec("[flatten, dropout, {linear: classes}]");
  options.dropout = {0.5};
  const auto model = make_model(options, data);
  const auto inputs = some_inputs(data, 3);
  EXPECT_FALSE(at::equal(model->forward(inputs), model->forward(inputs)));
  model->eval();
  EXPECT_TRUE(at::equal(model->forward(inputs), model->forward(inputs)));
}

TEST_P(EveryModel, has_the_gradient_that_finite_differences_find) {
  const auto& [name, options, data] = GetParam();
  at::manual_seed(4);
  const auto model = make_model(options, data);
  model->to(at::kDouble);
  auto inputs = some_inputs(data, 5);
  if (!data.text) inputs = inputs.to(at::kDouble);
  const auto targets = some_targets(data, 5);
  loss(*model, inputs, targets).backward();

  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> direction;
  double expected = 0;
  for (const auto& parameter : model->parameters()) {
    direction.push_back(at::randn_like(parameter));
    expected += (parameter.grad() * direction.back()).sum().item<double>();
  }
  const double step = 1e-6;
  const auto loss_at = [&](double distance) {
    const auto parameters = model->parameters();
    for (std::size_t i = 0; i < parameters.size(); ++i) parameters[i].add_(direction[i], distance);
    return loss(*model, inputs, targets).item<double>();
  };
  const double above = loss_at(step);
  const double below = loss_at(-2 * step);
  EXPECT_NEAR((above - below) / (2 * step), expected, 1e-5 * std::abs(expected));
}

TEST(Mlp, has_the_parameters_counted_by_hand) {
  // 64 * 128 + 128, 128 * 128 + 128, 128 * 10 + 10
  EXPECT_EQ(parameter_count(*make_model(mlp(), rows())), 8320 + 16512 + 1290);
  EXPECT_EQ(parameter_count(*make_model({.type = ModelType::Mlp, .hidden = {}}, rows())), 650);
}

TEST(Mlp, says_that_it_reads_no_text) {
  EXPECT_THAT([] { make_model(mlp(), text()); },
              ThrowsMessage<UsageError>(AllOf(HasSubstr("mlp"), HasSubstr("set model.type: gpt"))));
}

TEST(Cnn, has_the_parameters_counted_by_hand) {
  // 9 * 1 * 16 + 16, 9 * 16 * 32 + 32, then 32 channels of 2 x 2 to 128 to 10.
  EXPECT_EQ(parameter_count(*make_model(cnn(), images())), 160 + 4640 + 16512 + 1290);
}

TEST(Cnn, says_which_shape_it_needs_when_samples_are_flat) {
  EXPECT_THAT([] { make_model(cnn(), rows()); },
              ThrowsMessage<UsageError>(AllOf(HasSubstr("[channels, height, width]"),
                                              HasSubstr("[64]"), HasSubstr("set data.shape"))));
}

TEST(Cnn, says_how_many_stages_an_image_has_room_for) {
  auto options = cnn();
  options.channels = {4, 4, 4};
  EXPECT_EQ(make_model(options, images())->forward(at::zeros({1, 1, 8, 8})).size(1), 10);
  options.channels.push_back(4);
  EXPECT_THAT([&] { make_model(options, images()); },
              ThrowsMessage<UsageError>(AllOf(HasSubstr("[4, 4, 4, 4]"), HasSubstr("[1, 8, 8]"),
                                              HasSubstr("set at most 3"))));
}

TEST(Resnet, has_the_parameters_counted_by_hand) {
  const DatasetInfo cifar = info({3, 32, 32}, 10, false);
  // Filters: 9 * 3 * 16, then 9 * (6 * 16 * 16), 9 * (16 * 32 + 5 * 32 * 32), 9 * (32 * 64 + 5 * 64
  // * 64); weight and bias of 7 * 16, 6 * 32 and 6 * 64 channels; 64 * 10 + 10. 0.27 M, as in the
  // paper's table 6.
  EXPECT_EQ(parameter_count(*make_model({.type = ModelType::Resnet}, cifar)),
            432 + 13824 + 50688 + 202752 + 2 * (112 + 192 + 384) + 650);
}

/// The models of the papers, counted as others count them.
struct Counted {
  std::string name;
  ModelOptions options;
  DatasetInfo data;
  std::int64_t parameters;
};
class Papers : public ::testing::TestWithParam<Counted> {};
INSTANTIATE_TEST_SUITE_P(
    Models, Papers,
    ::testing::Values(
        // He et al. 2015, table 6: 0.27 M, 0.46 M and 0.85 M.
        Counted{"resnet20", {.type = ModelType::Resnet, .depth = 20}, cifar(), 269'722},
        Counted{"resnet32", {.type = ModelType::Resnet, .depth = 32}, cifar(), 464'154},
        Counted{"resnet56", {.type = ModelType::Resnet, .depth = 56}, cifar(), 853'018},
        // torchvision's resnet18, resnet34, resnet50 and vit_b_16.
        Counted{"resnet18", {.type = ModelType::Resnet, .depth = 18}, imagenet(), 11'689'512},
        Counted{"resnet34", {.type = ModelType::Resnet, .depth = 34}, imagenet(), 21'797'672},
        Counted{"resnet50", {.type = ModelType::Resnet, .depth = 50}, imagenet(), 25'557'032},
        Counted{"vit_b_16",
                {.type = ModelType::Vit, .patch = 16, .layers = 12, .width = 768, .heads = 12},
                imagenet(),
                86'567'656},
        // GPT-2 small, with its own vocabulary and context.
        Counted{"gpt2",
                {.type = ModelType::Gpt, .layers = 12, .width = 768, .heads = 12},
                gpt2_text(),
                124'439'808}),
    [](const auto& test) { return test.param.name; });

TEST_P(Papers, have_as_many_parameters_as_there) {
  const auto& [name, options, data, parameters] = GetParam();
  EXPECT_EQ(parameter_count(*make_model(options, data)), parameters);
}

TEST(Resnet, of_18_layers_halves_an_image_five_times) {
  const auto model = make_model({.type = ModelType::Resnet, .depth = 18}, imagenet());
  const auto& layers = model->spec().layers;
  EXPECT_EQ(to_string(layers[layers.size() - 3].outputs), "[512, 7, 7]");
  model->eval();
  const at::NoGradGuard no_grad;
  EXPECT_EQ(model->forward(at::randn({1, 3, 224, 224})).sizes(), at::IntArrayRef({1, 1000}));
}

TEST(Resnet, normalises_with_running_statistics_after_training) {
  const auto model = make_model(resnet(), images());
  const auto inputs = some_inputs(images(), 8);
  const auto first = inputs.narrow(0, 0, 1);
  EXPECT_FALSE(at::allclose(model->forward(inputs)[0], model->forward(first)[0]));
  model->eval();
  EXPECT_TRUE(at::allclose(model->forward(inputs)[0], model->forward(first)[0], 1e-4, 1e-5));
}

TEST(Resnet, says_which_depths_there_are) {
  ModelOptions options = resnet();
  options.depth = 19;
  EXPECT_THAT([&] { make_model(options, images()); },
              ThrowsMessage<UsageError>(AllOf(HasSubstr("19"), HasSubstr("20, 32"))));
  EXPECT_THAT([&] { make_model(resnet(), rows()); },
              ThrowsMessage<UsageError>(AllOf(HasSubstr("resnet"), HasSubstr("[64]"))));
}

TEST(Gpt, has_room_for_more_tokens_than_the_data_has_but_not_for_fewer) {
  ModelOptions options = gpt();
  options.vocabulary = 300;
  EXPECT_EQ(make_model(options, text())->forward(some_inputs(text(), 2)).size(-1), 300);
  options.vocabulary = 255;
  EXPECT_THAT([&] { make_model(options, text()); },
              ThrowsMessage<UsageError>(AllOf(HasSubstr("255"), HasSubstr("256"))));
}

TEST(Gpt, has_the_parameters_counted_by_hand) {
  // tokens 256 * 8, positions 16 * 8, two blocks of 12 * 8 * 8 weights and 13 * 8 biases and norms,
  // last norm 2 * 8; the head is the token vectors again.
  EXPECT_EQ(parameter_count(*make_model(gpt(), text())), 2048 + 128 + 2 * (768 + 104) + 16);
}

TEST(Gpt, has_vectors_of_its_own_for_the_head_when_it_is_not_tied) {
  ModelOptions options = gpt();
  options.tied = false;
  const auto model = make_model(options, text());
  EXPECT_EQ(parameter_count(*model), parameter_count(*make_model(gpt(), text())) + 256 * 8);
  const auto tokens = some_inputs(text(), 1);
  const auto before = model->forward(tokens);
  const at::NoGradGuard no_grad;
  model->named_parameters()["head.weight"].mul_(2);
  EXPECT_TRUE(at::allclose(model->forward(tokens), before * 2));
}

TEST(Gpt, names_its_parameters) {
  auto options = gpt();
  options.layers = 1;
  EXPECT_THAT(make_model(options, text())->named_parameters().keys(),
              ElementsAre("tokens.weight", "positions.weight", "blocks.0.attention_norm.weight",
                          "blocks.0.attention_norm.bias", "blocks.0.attention.qkv.weight",
                          "blocks.0.attention.qkv.bias", "blocks.0.attention.projection.weight",
                          "blocks.0.attention.projection.bias", "blocks.0.mlp_norm.weight",
                          "blocks.0.mlp_norm.bias", "blocks.0.mlp.expand.weight",
                          "blocks.0.mlp.expand.bias", "blocks.0.mlp.contract.weight",
                          "blocks.0.mlp.contract.bias", "norm.weight", "norm.bias"));
}

TEST(Gpt, logits_depend_on_no_later_token) {
  const auto model = make_model(gpt(), text());
  const auto tokens = some_inputs(text(), 2);
  const auto before = model->forward(tokens);
  for (const std::int64_t changed : {0, 7, 15}) {
    auto other = tokens.clone();
    other.select(1, changed).add_(1).remainder_(256);
    const auto after = model->forward(other);
    EXPECT_TRUE(at::equal(after.narrow(1, 0, changed), before.narrow(1, 0, changed)));
    for (std::int64_t i = changed; i < 16; ++i) {
      EXPECT_FALSE(at::equal(after.select(1, i), before.select(1, i))) << changed << " " << i;
    }
  }
}

TEST(Gpt, reads_less_than_its_context_but_not_more) {
  const auto model = make_model(gpt(), text());
  const auto tokens = some_inputs(text(), 1);
  EXPECT_TRUE(at::allclose(model->forward(tokens.narrow(1, 0, 5)),
                           model->forward(tokens).narrow(1, 0, 5), 1e-5, 1e-6));
  EXPECT_THAT(
      [&] {
        model->forward(at::zeros({1, 17}, at::kLong));
      },
      ThrowsMessage<Error>(AllOf(HasSubstr("[1, 17]"), HasSubstr("at most 16"))));
}

TEST(Gpt, says_what_does_not_fit) {
  EXPECT_THAT([] { make_model(gpt(), rows()); },
              ThrowsMessage<UsageError>(AllOf(HasSubstr("[64]"), HasSubstr("data.format: text"))));
  auto options = gpt();
  options.heads = 3;
  EXPECT_THAT([&] { make_model(options, text()); },
              ThrowsMessage<UsageError>("model.width is 8, expected a multiple of model.heads, 3"));
}

TEST(Spec, gives_the_same_model_as_the_family_it_was_written_from) {
  for (const auto& [options, data] :
       {std::pair(resnet(), images()), std::pair(vit(), images()), std::pair(gpt(), text())}) {
    at::manual_seed(5);
    const auto family = make_model(options, data);
    at::manual_seed(5);
    const auto own = make_model(of_spec(write_spec(expand(options))), data);
    EXPECT_EQ(own->named_parameters().keys(), family->named_parameters().keys());
    const auto inputs = some_inputs(data, 2);
    family->eval();
    own->eval();
    EXPECT_TRUE(at::equal(own->forward(inputs), family->forward(inputs)));
  }
}

TEST(Spec, names_tensors_as_its_layers_are_called) {
  EXPECT_THAT(
      make_model(own(), images())->named_parameters().keys(),
      ElementsAre("first.weight", "1.weight", "1.bias", "blocks.0.0.0.weight", "blocks.0.0.0.bias",
                  "blocks.1.0.0.weight", "blocks.1.0.0.bias", "4.0.filter", "4.0.weight",
                  "4.0.bias", "4.2.filter", "4.2.weight", "4.2.bias", "4.shortcut0.weight",
                  "4.shortcut0.bias", "6.weight", "6.bias", "7.weight", "9.weight", "9.bias"));
}

TEST(Spec, says_which_layer_does_not_fit_the_data) {
  EXPECT_THAT([] { make_model(own(), rows()); },
              ThrowsMessage<UsageError>(
                  AllOf(HasSubstr("a.yaml:2: model.spec[0] (conv 'first')"), HasSubstr("[64]"))));
}

TEST(InitialValues, have_the_deviation_of_their_papers) {
  at::manual_seed(6);
  const auto draw = [](spec::Init init) {
    return initial_values({1000, 400}, init, 0.02, {400, 1000});
  };
  const auto deviation = [&](spec::Init init) { return draw(init).std().item<double>(); };
  EXPECT_NEAR(deviation(spec::Init::He), std::sqrt(2.0 / 400), 3e-4);
  EXPECT_NEAR(deviation(spec::Init::Xavier), std::sqrt(2.0 / 1400), 3e-4);
  EXPECT_NEAR(deviation(spec::Init::Lecun), std::sqrt(1.0 / 400), 3e-4);
  EXPECT_NEAR(deviation(spec::Init::Normal), 0.02, 3e-4);
  EXPECT_NEAR(deviation(spec::Init::Small), 1.0 / 400, 3e-5);
  EXPECT_EQ(deviation(spec::Init::Zeros), 0);
  const auto truncated = draw(spec::Init::Truncated);
  EXPECT_LE(truncated.abs().max().item<double>(), 0.04 + 1e-6);
  EXPECT_NEAR(truncated.std().item<double>(), 0.02 * 0.8796, 3e-4);  // Of a normal cut at 2.
}

TEST(Gpt, starts_with_the_deviations_of_gpt_2) {
  at::manual_seed(7);
  auto options = gpt();
  options.width = 256;
  const auto parameters = make_model(options, text())->named_parameters();
  const auto deviation = [&](const char* name) { return parameters[name].std().item<double>(); };
  EXPECT_NEAR(deviation("blocks.0.attention.qkv.weight"), 0.02, 5e-4);
  EXPECT_NEAR(deviation("blocks.0.attention.projection.weight"), 0.02 / 2, 5e-4);
  EXPECT_NEAR(deviation("blocks.1.mlp.contract.weight"), 0.02 / 2, 5e-4);
  EXPECT_NEAR(deviation("tokens.weight"), 0.02, 5e-4);
}

TEST(Standardization, changes_raw_inputs_inside_the_model) {
  const auto model = make_model(cnn(), images());
  const auto raw = some_inputs(images(), 3);
  const auto expected = model->forward((raw - 5) / 2);
  model->set_standardization(at::full({1, 8, 8}, 5), at::full({1, 1, 1}, 2));
  EXPECT_TRUE(at::allclose(model->forward(raw), expected));
}

TEST(Standardization, is_kept_in_buffers_of_the_shape_of_a_sample) {
  const auto model = make_model(mlp(), images());
  model->set_standardization(at::full({}, 3), at::full({}, 4));
  const auto buffers = model->named_buffers();
  EXPECT_THAT(buffers.keys(), ElementsAre("input.mean", "input.deviation"));
  EXPECT_TRUE(at::equal(buffers["input.mean"], at::full({1, 8, 8}, 3.0f)));
  EXPECT_TRUE(at::equal(buffers["input.deviation"], at::full({1, 8, 8}, 4.0f)));
}

TEST(Standardization, refuses_what_cannot_be) {
  const auto model = make_model(mlp(), rows());
  const auto set = [&](const at::Tensor& mean, const at::Tensor& deviation) {
    return [&model, mean, deviation] { model->set_standardization(mean, deviation); };
  };
  EXPECT_THAT(set(at::zeros({64}), at::zeros({64})),
              ThrowsMessage<Error>(HasSubstr("deviation above 0")));
  EXPECT_THAT(set(at::full({64}, NAN), at::ones({64})), ThrowsMessage<Error>(HasSubstr("finite")));
  EXPECT_THAT(set(at::zeros({63}), at::ones({64})),
              ThrowsMessage<Error>(AllOf(HasSubstr("mean"), HasSubstr("[63]"), HasSubstr("[64]"))));
  EXPECT_THROW(make_model(gpt(), text())->set_standardization(at::zeros({}), at::ones({})), Error);
}

}  // namespace
}  // namespace greentrain
