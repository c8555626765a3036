#include <gmock/gmock.h>

#include "tests/trainer/models/spec/spec_text.h"
#include "trainer/models/spec/families.h"
#include "trainer/models/spec/write_spec.h"

namespace greentrain {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> paths_of(const ModelSpec& spec) {
  std::vector<std::string> paths;
  for_each_layer(spec.layers, [&](const LayerSpec& layer, const std::string& path) {
    if (has_weights(layer)) paths.push_back(path);
  });
  return paths;
}

TEST(ReadSpec, takes_layers_as_texts_and_as_maps_with_a_width_and_arguments) {
  const ModelSpec spec = spec_of("[{conv: 16, kernel: 5, stride: 2}, relu, flatten, {linear: 10}]");
  ASSERT_EQ(spec.layers.size(), 4u);
  const auto* conv = spec.layers[0].as<spec::Conv>();
  ASSERT_NE(conv, nullptr);
  EXPECT_EQ(conv->width, 16);
  EXPECT_EQ(conv->kernel, 5);
  EXPECT_EQ(conv->stride, 2);
  EXPECT_EQ(conv->border(), 2);
  EXPECT_NE(spec.layers[1].as<spec::Relu>(), nullptr);
  EXPECT_EQ(spec.layers[3].as<spec::Linear>()->width, 10);
}

TEST(ReadSpec, leaves_classes_to_the_data) {
  EXPECT_EQ(spec_of("[{linear: classes}]").layers[0].as<spec::Linear>()->width, std::nullopt);
  EXPECT_EQ(spec_of("[{embedding: 4, count: classes}]").layers[0].as<spec::Embedding>()->count,
            std::nullopt);
}

TEST(ReadSpec, calls_layers_by_their_numbers_or_by_their_names_and_those_of_their_blocks) {
  const ModelSpec spec = spec_of(R"(
- {linear: 8}
- {linear: 8, name: dense.first}
- block: [{linear: 8}, {linear: 8, name: last}]
- residual: [{linear: 8, name: inner}]
  shortcut: [{linear: 8, name: outer}]
  name: r
- block: [{linear: 8, name: plain}]
  name: ""
)");
  EXPECT_THAT(paths_of(spec),
              ElementsAre("0", "dense.first", "2.0", "2.last", "r.inner", "r.outer", "plain"));
}

TEST(ReadSpec, tells_a_layer_from_an_argument_of_the_same_name) {
  const ModelSpec spec = spec_of("[{dropout: 5%, attention: 2}, {tied: null, embedding: words}]");
  ASSERT_NE(spec.layers[0].as<spec::Attention>(), nullptr);
  EXPECT_EQ(spec.layers[0].as<spec::Attention>()->dropout, Fraction{0.05});
  ASSERT_NE(spec.layers[1].as<spec::Tied>(), nullptr);
  EXPECT_EQ(spec.layers[1].as<spec::Tied>()->embedding, "words");
}

TEST(ReadSpec, repeats_blocks) {
  const ModelSpec spec = spec_of("[{block: [{linear: 8}], repeat: 3, name: blocks}, relu]");
  EXPECT_THAT(paths_of(spec), ElementsAre("blocks.0.0", "blocks.1.0", "blocks.2.0"));
  EXPECT_EQ(spec.layers.size(), 4u);
}

TEST(ReadSpec, refuses_more_layers_than_memory_has_room_for) {
  std::string text = "[relu]";
  for (int i = 0; i < 3; ++i) text = "[{block: " + text + ", repeat: 1000}]";
  EXPECT_THAT(mistakes_in(text), ElementsAre(HasSubstr("expected at most 100000")));
}

TEST(ReadSpec, names_the_layer_and_its_line_for_each_mistake) {
  EXPECT_THAT(
      mistakes_in(R"(- {konv: 16}
- {conv: wide}
- {conv: 16, kernal: 3}
- {conv: 16, linear: 3}
- residual: [relu, {linear: 0}]
- conv
- relu: 3
- {linear: 8, name: "a b"}
- {linear: 8, linear: 9}
- [relu]
- {block: relu}
)"),
      ElementsAre(
          AllOf(HasSubstr("1: model.spec[0] names no layer"), HasSubstr("did you mean 'conv'?")),
          HasSubstr("2: model.spec[1].width is 'wide', expected a whole number from 1"),
          AllOf(HasSubstr("3: model.spec[2]: conv has no argument 'kernal'"),
                HasSubstr("did you mean 'kernel'?")),
          HasSubstr("4: model.spec[3] is both conv and linear"),
          AllOf(HasSubstr("5: model.spec[4].residual[1].width is 0"), HasSubstr(", or classes")),
          HasSubstr("6: model.spec[5] (conv) has no width, expected a whole number"),
          HasSubstr("7: model.spec[6]: relu takes no number"),
          HasSubstr("8: model.spec[7].name is no name"),
          HasSubstr("9: model.spec[8]: 'linear' comes twice"),
          HasSubstr("10: model.spec[9] is no layer"),
          HasSubstr("11: model.spec[10].block is not a list")));
}

TEST(ReadSpec, refuses_what_is_no_list_or_empty) {
  EXPECT_THAT(mistakes_in("relu"), ElementsAre(HasSubstr("model.spec is not a list")));
  EXPECT_THAT(mistakes_in("[]"), ElementsAre(HasSubstr("model.spec is empty")));
}

TEST(ReadSpec, refuses_two_layers_whose_weights_have_one_name) {
  EXPECT_THAT(mistakes_in("[{linear: 8, name: a}, relu, {linear: 8, name: a}]"),
              ElementsAre(AllOf(HasSubstr("model.spec[2] is called 'a', but model.spec[0]"),
                                HasSubstr("give it another name"))));
}

/// What a user of the family types would write instead.
class EveryFamily : public ::testing::TestWithParam<ModelOptions> {};
INSTANTIATE_TEST_SUITE_P(
    Families, EveryFamily,
    ::testing::Values(ModelOptions{.type = ModelType::Linear},
                      ModelOptions{.type = ModelType::Mlp, .dropout = {0.25}},
                      ModelOptions{.type = ModelType::Cnn, .hidden = {}},
                      ModelOptions{.type = ModelType::Resnet, .depth = 14},
                      ModelOptions{.type = ModelType::Resnet, .depth = 18},
                      ModelOptions{.type = ModelType::Resnet, .depth = 50, .dropout = {0.1}},
                      ModelOptions{.type = ModelType::Vit, .layers = 2, .dropout = {0.1}},
                      ModelOptions{.type = ModelType::Gpt, .layers = 2, .vocabulary = 300},
                      ModelOptions{.type = ModelType::Gpt, .layers = 1, .tied = false}));

TEST_P(EveryFamily, is_written_as_a_spec_that_reads_back_as_the_same) {
  const ModelSpec family = expand(GetParam());
  const std::string text = write_spec(family);
  const ModelSpec again = spec_of(text);
  EXPECT_EQ(write_spec(again), text);
  EXPECT_EQ(paths_of(again), paths_of(family));
}

TEST(WriteSpec, leaves_out_what_is_the_default) {
  EXPECT_EQ(write_spec(expand({.type = ModelType::Cnn, .hidden = {64}, .channels = {8}})),
            "- {conv: 8, name: stages.0}\n"
            "- relu\n"
            "- max_pool\n"
            "- flatten\n"
            "- {linear: 64, name: dense.0}\n"
            "- relu\n"
            "- {linear: classes, name: dense.output}\n");
}

TEST(FlowYaml, writes_a_spec_on_one_line_that_reads_back_as_the_same) {
  const YamlNode node = yaml_list("- {conv: 16, name: \"a b: c\"}\n- relu\n- {dropout: 5%}\n- ~\n");
  const std::string line = flow_yaml(node);
  EXPECT_EQ(line, "[{conv: 16, name: \"a b: c\"}, relu, {dropout: 5%}, null]");
  EXPECT_EQ(flow_yaml(yaml_list(line)), line);
}

}  // namespace
}  // namespace greentrain
