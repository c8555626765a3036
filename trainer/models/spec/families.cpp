#include "trainer/models/spec/families.h"

#include <cmath>
#include <utility>

#include "core/error.h"
#include "trainer/models/spec/layer_kinds.h"
#include "trainer/models/spec/read_spec.h"

namespace greentrain {
namespace {

using Layers = std::vector<LayerSpec>;
using spec::Init;

LayerSpec layer(LayerKind kind, std::string name = "") {
  return {.kind = std::move(kind), .name = std::move(name)};
}

LayerSpec container(LayerKind kind, std::string name, Layers layers, Layers shortcut = {}) {
  return {.kind = std::move(kind),
          .name = std::move(name),
          .layers = std::move(layers),
          .shortcut = std::move(shortcut)};
}

void add_dropout(Layers& layers, Fraction share) {
  if (share.value > 0) layers.push_back(layer(spec::Dropout{share}));
}

/// Hidden layers, each with ReLU, and the classes.
void add_dense(Layers& layers, const ModelOptions& options) {
  layers.push_back(layer(spec::Flatten{}));
  for (std::size_t i = 0; i < options.hidden.size(); ++i) {
    layers.push_back(layer(spec::Linear{options.hidden[i]}, "dense." + std::to_string(i)));
    layers.push_back(layer(spec::Relu{}));
    add_dropout(layers, options.dropout);
  }
  layers.push_back(layer(spec::Linear{}, "dense.output"));
}

Layers linear() { return {layer(spec::Flatten{}), layer(spec::Linear{}, "output")}; }

Layers mlp(const ModelOptions& options) {
  Layers layers;
  add_dense(layers, options);
  return layers;
}

Layers cnn(const ModelOptions& options) {
  Layers layers;
  for (std::size_t i = 0; i < options.channels.size(); ++i) {
    layers.push_back(
        layer(spec::Conv{.width = options.channels[i]}, "stages." + std::to_string(i)));
    layers.push_back(layer(spec::Relu{}));
    layers.push_back(layer(spec::MaxPool{}));
  }
  add_dense(layers, options);
  return layers;
}

LayerSpec normalized(std::int64_t width, std::int64_t kernel, std::int64_t stride,
                     std::string name) {
  return layer(
      spec::Conv{.width = width, .kernel = kernel, .stride = stride, .norm = spec::Norm::Batch},
      std::move(name));
}

void add_classifier(Layers& layers, const ModelOptions& options) {
  layers.push_back(layer(spec::MeanPool{}));
  add_dropout(layers, options.dropout);
  layers.push_back(layer(spec::Linear{}, "output"));
}

/// He et al. 2015 (arXiv 1512.03385), section 4.2: for small images, with (depth - 2) / 6 blocks in
/// each of three stages and shortcuts without weights (option A).
Layers small_resnet(const ModelOptions& options) {
  Layers layers{normalized(16, 3, 1, "first"), layer(spec::Relu{})};
  std::int64_t channels = 16;
  std::int64_t block = 0;
  for (const std::int64_t width : {16, 32, 64}) {
    for (std::int64_t i = 0; i < (options.depth - 2) / 6; ++i) {
      const std::int64_t stride = width == channels ? 1 : 2;
      Layers shortcut;
      if (stride != 1) shortcut = {layer(spec::PadChannels{width, stride})};
      layers.push_back(container(spec::Residual{}, "blocks." + std::to_string(block++),
                                 {normalized(width, 3, stride, "first"), layer(spec::Relu{}),
                                  normalized(width, 3, 1, "second")},
                                 std::move(shortcut)));
      layers.push_back(layer(spec::Relu{}));
      channels = width;
    }
  }
  add_classifier(layers, options);
  return layers;
}

/// The same paper, table 1: 18 and 34 layers with blocks of two, 50 with bottlenecks, whose stride
/// is in the 3x3 convolution, as in torchvision; 1x1 convolutions as shortcuts (option B).
Layers large_resnet(const ModelOptions& options) {
  Layers layers{normalized(64, 7, 2, "first"), layer(spec::Relu{}),
                layer(spec::MaxPool{.size = 3, .stride = 2, .padding = 1})};
  const bool bottleneck = options.depth == 50;
  const std::vector<std::int64_t> blocks = options.depth == 18
                                               ? std::vector<std::int64_t>{2, 2, 2, 2}
                                               : std::vector<std::int64_t>{3, 4, 6, 3};
  std::int64_t channels = 64;
  std::int64_t number = 0;
  for (std::size_t stage = 0; stage < blocks.size(); ++stage) {
    const std::int64_t inner = std::int64_t{64} << stage;
    const std::int64_t width = bottleneck ? 4 * inner : inner;
    for (std::int64_t i = 0; i < blocks[stage]; ++i) {
      const std::int64_t stride = i == 0 && stage > 0 ? 2 : 1;
      Layers body{normalized(inner, bottleneck ? 1 : 3, bottleneck ? 1 : stride, "first"),
                  layer(spec::Relu{}), normalized(inner, 3, bottleneck ? stride : 1, "second")};
      if (bottleneck) {
        body.push_back(layer(spec::Relu{}));
        body.push_back(normalized(width, 1, 1, "third"));
      }
      Layers shortcut;
      if (width != channels || stride != 1) shortcut = {normalized(width, 1, stride, "shortcut")};
      layers.push_back(container(spec::Residual{}, "blocks." + std::to_string(number++),
                                 std::move(body), std::move(shortcut)));
      layers.push_back(layer(spec::Relu{}));
      channels = width;
    }
  }
  add_classifier(layers, options);
  return layers;
}

/// What a transformer's blocks have in common.
struct TransformerStyle {
  spec::Weights weights{};
  std::optional<double> residual_deviation{};  ///< Of the layers that end a branch.
  double epsilon{1e-5};
  spec::Curve gelu{spec::Curve::None};
  bool causal{false};
};

LayerSpec transformer_block(const ModelOptions& options, const TransformerStyle& style,
                            std::int64_t number) {
  spec::Weights last = style.weights;
  last.deviation = style.residual_deviation.value_or(last.deviation);
  Layers attention{layer(spec::LayerNorm{style.epsilon}, "attention_norm"),
                   layer(spec::Attention{.heads = options.heads,
                                         .causal = style.causal,
                                         .dropout = options.dropout,
                                         .weights = style.weights,
                                         .projection_deviation = style.residual_deviation},
                         "attention")};
  add_dropout(attention, options.dropout);
  Layers mlp{
      layer(spec::LayerNorm{style.epsilon}, "mlp_norm"),
      layer(spec::Linear{.width = 4 * options.width, .weights = style.weights}, "mlp.expand"),
      layer(spec::Gelu{style.gelu}),
      layer(spec::Linear{.width = options.width, .weights = last}, "mlp.contract")};
  add_dropout(mlp, options.dropout);
  return container(spec::Block{}, "blocks." + std::to_string(number),
                   {container(spec::Residual{}, "", std::move(attention)),
                    container(spec::Residual{}, "", std::move(mlp))});
}

/// GPT-2 (Radford et al. 2019, section 2.3): normalisation before each part, first weights of
/// deviation 0.02 and, where a branch ends, 0.02 / sqrt(2 layers).
Layers gpt(const ModelOptions& options) {
  constexpr double kDeviation = 0.02;
  const TransformerStyle style{
      .weights = {Init::Normal, kDeviation},
      .residual_deviation = kDeviation / std::sqrt(2.0 * static_cast<double>(options.layers)),
      .gelu = spec::Curve::Tanh,
      .causal = true};
  std::optional<std::int64_t> vocabulary;
  if (options.vocabulary != 0) vocabulary = options.vocabulary;
  Layers layers{layer(spec::Embedding{options.width, vocabulary, kDeviation}, "tokens"),
                layer(spec::Positions{.deviation = 0.01}, "positions")};
  add_dropout(layers, options.dropout);
  for (std::int64_t i = 0; i < options.layers; ++i) {
    layers.push_back(transformer_block(options, style, i));
  }
  layers.push_back(layer(spec::LayerNorm{}, "norm"));
  layers.push_back(options.tied ? layer(spec::Tied{"tokens"})
                                : layer(spec::Linear{.width = vocabulary,
                                                     .bias = false,
                                                     .weights = {Init::Normal, kDeviation}},
                                        "head"));
  return layers;
}

/// Dosovitskiy et al. 2021 (arXiv 2010.11929), with the first weights of its authors' code, but for
/// the head, which is drawn as in Touvron et al. 2021 (arXiv 2012.12877) and not 0.
Layers vit(const ModelOptions& options) {
  const TransformerStyle style{.weights = {.init = Init::Xavier}, .epsilon = 1e-6};
  Layers layers{
      layer(spec::Patches{options.width, options.patch, {.init = Init::Lecun}}, "patches"),
      layer(spec::ClassToken{}, "class_token"), layer(spec::Positions{}, "positions")};
  add_dropout(layers, options.dropout);
  for (std::int64_t i = 0; i < options.layers; ++i) {
    layers.push_back(transformer_block(options, style, i));
  }
  layers.push_back(layer(spec::LayerNorm{style.epsilon}, "norm"));
  layers.push_back(layer(spec::FirstToken{}));
  layers.push_back(layer(spec::Linear{.weights = {.init = Init::Truncated}}, "head"));
  return layers;
}

/// Layers that nobody named are called by their numbers.
void finish(Layers& layers, const std::string& where, const std::string& prefix = "") {
  for (std::size_t i = 0; i < layers.size(); ++i) {
    LayerSpec& each = layers[i];
    each.where = where + "[" + std::to_string(i) + "]";
    if (each.name.empty() && !is_container(each.kind)) each.name = prefix + std::to_string(i);
    finish(each.layers, each.where + "." + type_of(each));
    finish(each.shortcut, each.where + ".shortcut", kShortcut);
  }
}

Layers layers_of(const ModelOptions& options) {
  switch (options.type) {
    case ModelType::Mlp:
      return mlp(options);
    case ModelType::Cnn:
      return cnn(options);
    case ModelType::Resnet:
      return is_large_resnet(options.depth) ? large_resnet(options) : small_resnet(options);
    case ModelType::Gpt:
      return gpt(options);
    case ModelType::Linear:
      return linear();
    case ModelType::Vit:
      return vit(options);
    case ModelType::Spec:
      break;
  }
  throw Error("model.type has no layers");
}

}  // namespace

ModelSpec expand(const ModelOptions& options) {
  if (options.type == ModelType::Spec) {
    std::vector<ConfigError> errors;
    ModelSpec spec = read_spec(options.spec, errors);
    if (!errors.empty()) throw UsageError(render_errors(errors, "greentrain", Colors::Off));
    return spec;
  }
  ModelSpec spec{layers_of(options)};
  finish(spec.layers, std::string(enum_name(options.type)));
  return spec;
}

}  // namespace greentrain
