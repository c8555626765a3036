#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "core/config/reader/diagnostics.h"
#include "trainer/models/spec/container_layers.h"
#include "trainer/models/spec/dense_layers.h"
#include "trainer/models/spec/image_layers.h"
#include "trainer/models/spec/sequence_layers.h"

namespace greentrain {

/// What one layer gives to the next, for one sample: [channels, height, width], [tokens, width],
/// [features]; or, at the start of a text, the numbers of its tokens, [tokens].
struct Activation {
  std::vector<std::int64_t> shape{};
  bool is_text{false};
  bool operator==(const Activation&) const = default;
};
std::string to_string(const Activation& activation);  ///< "[16, 8, 8]", "text [128]".

using LayerKind =
    std::variant<spec::Linear, spec::Conv, spec::BatchNorm, spec::LayerNorm, spec::Relu, spec::Gelu,
                 spec::Dropout, spec::MaxPool, spec::MeanPool, spec::Flatten, spec::PadChannels,
                 spec::Embedding, spec::Tied, spec::Positions, spec::Patches, spec::ClassToken,
                 spec::FirstToken, spec::Attention, spec::Block, spec::Residual>;

/// Before the number of a layer without a name in a shortcut: "shortcut0".
inline constexpr const char* kShortcut = "shortcut";

/// One layer. Its weights are called name.weight and so on, after the names of the blocks it is in,
/// all joined by dots. An empty name adds nothing; only a block or a residual may have one.
struct LayerSpec {
  LayerKind kind;
  std::string name{};                 ///< May hold dots: "blocks.0".
  std::vector<LayerSpec> layers{};    ///< Of a block or a residual.
  std::vector<LayerSpec> shortcut{};  ///< Of a residual; empty: its input as it is.
  std::string where{};                ///< "model.spec[3].residual[0]".
  ConfigPlace place{};                ///< In the config; without a source if a family made it.
  Activation inputs{};                ///< Known after infer_shapes().
  Activation outputs{};

  template <class Kind>
  const Kind* as() const {
    return std::get_if<Kind>(&kind);
  }
};

/// A whole model, from a sample to logits. Plain data, to be edited: see read_spec.h, write_spec.h.
struct ModelSpec {
  std::vector<LayerSpec> layers;
};

std::string type_of(const LayerSpec& layer);  ///< "conv".
bool has_weights(const LayerSpec& layer);     ///< Itself; what lies in a block is not looked at.
/// For messages: "configs/a.yaml:14: model.spec[3] (conv 'first')".
std::string label_of(const LayerSpec& layer);

/// Calls visit(layer, path) for every layer in its order, those of blocks too; path is the whole
/// name: "blocks.0.first".
template <class Layers, class Visit>
void for_each_layer(Layers& layers, const Visit& visit, const std::string& scope = "") {
  for (auto& layer : layers) {
    const std::string path =
        scope.empty() || layer.name.empty() ? scope + layer.name : scope + "." + layer.name;
    visit(layer, path);
    for_each_layer(layer.layers, visit, path);
    for_each_layer(layer.shortcut, visit, path);
  }
}

}  // namespace greentrain
