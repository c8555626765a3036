#include "trainer/models/spec/shapes.h"

#include <gmock/gmock.h>

#include "core/error.h"
#include "tests/trainer/models/spec/spec_text.h"
#include "trainer/models/spec/layer_kinds.h"

namespace greentrain {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

SpecData images(std::int64_t channels = 3, std::int64_t size = 32) {
  return {"images", {channels, size, size}, 10, false};
}
SpecData text() { return {"a text", {16}, 256, true}; }

/// Of every layer of the list, for images.
std::vector<std::string> outputs(const std::string& layers, const SpecData& data) {
  ModelSpec spec = spec_of(layers);
  infer_shapes(spec, data);
  std::vector<std::string> shapes;
  for (const LayerSpec& layer : spec.layers) shapes.push_back(to_string(layer.outputs));
  return shapes;
}

auto refuses(const std::string& layers, const SpecData& data, const auto& message) {
  EXPECT_THAT([&] { outputs(layers, data); }, ThrowsMessage<UsageError>(message)) << layers;
}

TEST(Shapes, follow_images_through_convolutions) {
  EXPECT_THAT(
      outputs("[{conv: 8}, {conv: 4, kernel: 5, stride: 2}, {conv: 4, padding: 0}, max_pool, "
              "{pad_channels: 7, stride: 3}, flatten, {linear: classes}]",
              images()),
      ElementsAre("[8, 32, 32]", "[4, 16, 16]", "[4, 14, 14]", "[4, 7, 7]", "[7, 3, 3]", "[63]",
                  "[10]"));
}

TEST(Shapes, follow_images_through_a_transformer) {
  EXPECT_THAT(
      outputs("[{patches: 12, size: 8}, class_token, positions, layer_norm, {attention: 3}, "
              "first_token, {linear: classes}]",
              images()),
      ElementsAre("[16, 12]", "[17, 12]", "[17, 12]", "[17, 12]", "[17, 12]", "[12]", "[10]"));
  EXPECT_THAT(outputs("[{patches: 12, size: 32}, mean_pool, {linear: classes}]", images()).at(1),
              "[12]");
}

TEST(Shapes, follow_text_and_fill_in_what_is_left_to_the_data) {
  EXPECT_THAT(outputs("[{embedding: 8, name: words}, positions, {tied: words}]", text()),
              ElementsAre("[16, 8]", "[16, 8]", "[16, 256]"));
  EXPECT_THAT(outputs("[{embedding: 8, count: 300, name: words}, {tied: words}]", text()).back(),
              "[16, 300]");
}

TEST(Shapes, of_a_residual_must_fit_what_is_added) {
  EXPECT_THAT(outputs("[{residual: [{conv: 3}]}, {residual: [{conv: 6, stride: 2}], shortcut: "
                      "[{conv: 6, kernel: 1, stride: 2}]}, mean_pool, {linear: classes}]",
                      images())
                  .at(1),
              "[6, 16, 16]");
  refuses("[relu, {residual: [{conv: 16}, {conv: 8, stride: 2}], name: block}]", images(),
          AllOf(HasSubstr("a.yaml:1: model.spec[1] (residual 'block')"),
                HasSubstr("its layers give [8, 16, 16]"),
                HasSubstr("input, which is added, is [3, 32, 32]"), HasSubstr("give a shortcut")));
}

TEST(Shapes, that_do_not_fit_are_refused_with_the_layer_and_both_shapes) {
  const std::string end = ", {linear: classes}]";
  refuses(
      "[\nflatten,\n{conv: 8, name: first}" + end, images(),
      AllOf(HasSubstr("a.yaml:3: model.spec[1] (conv 'first'): reads [channels, height, width]"),
            HasSubstr("gets [3072] from a.yaml:2: model.spec[0] (flatten)")));
  refuses("[flatten, {linear: 8, inputs: 64}" + end, images(),
          AllOf(HasSubstr("has inputs: 64"), HasSubstr("[3072]")));
  refuses("[{conv: 8, inputs: 1}" + end, images(),
          AllOf(HasSubstr("has inputs: 1"), HasSubstr("[3, 32, 32] from images")));
  refuses("[{conv: 8, groups: 2}" + end, images(), HasSubstr("3 input and 8 output channels"));
  refuses("[{conv: 8, kernel: 7, padding: 0}" + end, images(1, 6),
          AllOf(HasSubstr("needs 7 pixels"), HasSubstr("[1, 6, 6]"), HasSubstr("room for 6")));
  refuses("[{max_pool: 3, padding: 2}" + end, images(), HasSubstr("at most half"));
  refuses("[{pad_channels: 2}" + end, images(), HasSubstr("gives 2 channels"));
  refuses("[positions" + end, images(), HasSubstr("reads [tokens, width]"));
  refuses("[{patches: 8, size: 5}" + end, images(),
          AllOf(HasSubstr("squares of 5"), HasSubstr("[3, 32, 32]")));
  refuses("[{patches: 8, size: 8}, {attention: 3}" + end, images(),
          AllOf(HasSubstr("3 heads"), HasSubstr("[16, 8]")));
  refuses("[{embedding: 8}" + end, images(),
          AllOf(HasSubstr("reads text"), HasSubstr("[3, 32, 32]")));
  refuses("[{linear: 8}" + end, text(), AllOf(HasSubstr("reads numbers"), HasSubstr("text [16]")));
  refuses("[{embedding: 8, count: 100}" + end, text(),
          AllOf(HasSubstr("room for 100"), HasSubstr("256")));
  refuses("[{embedding: 8}, {tied: words}]", text(), HasSubstr("shares the vectors of 'words'"));
  refuses("[{embedding: 8, name: words}, {linear: 9}, {tied: words}]", text(),
          AllOf(HasSubstr("vectors of 8 numbers"), HasSubstr("[16, 9]")));
}

TEST(Shapes, end_with_as_many_logits_as_there_are_classes) {
  refuses("[flatten, {linear: 11}]", images(),
          AllOf(HasSubstr("model.spec[1] (linear): the last layer gives [11]"),
                HasSubstr("10 classes, expected [10]")));
  refuses("[{linear: 10}]", images(), AllOf(HasSubstr("gives [3, 32, 10]"), HasSubstr("[10]")));
  refuses("[{embedding: 8}, {linear: 255}]", text(),
          AllOf(HasSubstr("[16, 255]"), HasSubstr("expected [16, 256]")));
}

TEST(LayerKinds, are_all_found_by_their_names) {
  for (const LayerKind& kind : all_layer_kinds()) {
    const auto found = layer_kind(type_of({.kind = kind}));
    ASSERT_TRUE(found);
    EXPECT_EQ(found->index(), kind.index());
  }
  EXPECT_FALSE(layer_kind("dense"));
}

}  // namespace
}  // namespace greentrain
