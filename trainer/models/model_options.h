#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/enum_names.h"
#include "core/config/reader/yaml_document.h"
#include "core/units.h"

namespace greentrain {

enum class ModelType { Linear, Mlp, Cnn, Resnet, Vit, Gpt, Spec };
template <>
inline constexpr auto enum_names<ModelType> =
    std::array<std::string_view, 7>{"linear", "mlp", "cnn", "resnet", "vit", "gpt", "spec"};

enum class InitPolicy { Strict, Matching };
template <>
inline constexpr auto enum_names<InitPolicy> =
    std::array<std::string_view, 2>{"strict", "matching"};

/// Section `model`.
struct ModelOptions {
  ModelType type{ModelType::Mlp};
  YamlNode spec{};
  std::vector<std::int64_t> hidden{128, 128};
  std::vector<std::int64_t> channels{16, 32};
  std::int64_t depth{20};
  std::int64_t patch{4};
  std::int64_t layers{4};
  std::int64_t width{128};
  std::int64_t heads{4};
  std::int64_t vocabulary{0};
  bool tied{true};
  Fraction dropout{0.0};
  bool checkpoint_activations{false};
  std::string init_from{};
  InitPolicy init_policy{InitPolicy::Strict};
  bool new_head{false};
  std::vector<std::string> freeze{};

  template <class Visitor>
  void describe(Visitor& visit) {
    visit("type", type,
          "linear: one layer; mlp: fully connected; cnn: small convolutional; resnet: residual; "
          "vit: transformer for images; gpt: small decoder for text; spec: the layers of "
          "model.spec.");
    visit("spec", spec,
          "spec: the layers, from a sample to logits (docs/models.md); `greentrain config model "
          "FILE` prints those of any other type.");
    visit("hidden", hidden, "mlp, cnn: widths of the hidden fully connected layers.", 1, 1 << 20);
    visit("channels", channels, "cnn: channels of the convolution stages, each halving the image.",
          1, 65536);
    visit("depth", depth,
          "resnet: layers with weights: 18, 34 or 50 for large images; else 6 n + 2 for small "
          "ones, such as 20, 32, 44, 56 or 110.",
          8, 1202);
    visit("patch", patch, "vit: height and width of the squares that an image is cut into.", 1,
          1024);
    visit("layers", layers, "vit, gpt: number of transformer blocks.", 1, 1000);
    visit("width", width, "vit, gpt: size of a token's vector; a multiple of heads.", 1, 65536);
    visit("heads", heads, "vit, gpt: attention heads.", 1, 1024);
    visit("vocabulary", vocabulary,
          "gpt: tokens the model has room for; 0: as many as the data has.", 0, 1 << 24);
    visit("tied", tied, "gpt: the head shares the vectors of the tokens; false: it has its own.");
    visit("dropout", dropout, "Share of activations dropped while training.", Fraction{0.0},
          Fraction{0.95});
    visit("checkpoint_activations", checkpoint_activations,
          "Blocks keep only their inputs for backward, which computes the rest again: less memory, "
          "more time, the same weights.");
    visit("init_from", init_from,
          "First weights: a safetensors file, or the directory of a run; empty: drawn by chance.");
    visit("init_policy", init_policy,
          "init_from: strict: the file must have the model's tensors; matching: what fits in name "
          "and shape is taken, and the rest is listed.");
    visit("new_head", new_head,
          "init_from: the last layer with weights is drawn by chance, whatever the file has.");
    visit("freeze", freeze,
          "Layers whose weights stay as they are, with all that lies below: [first, blocks.0].");
  }
};

/// Those of the ImageNet models; every other depth is one of the models for small images.
constexpr bool is_large_resnet(std::int64_t depth) {
  return depth == 18 || depth == 34 || depth == 50;
}
constexpr bool is_resnet_depth(std::int64_t depth) {
  return is_large_resnet(depth) || (depth >= 8 && (depth - 2) % 6 == 0);
}

}  // namespace greentrain
