#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/config/enum_names.h"
#include "core/units.h"

namespace greentrain {

enum class ModelType { Mlp, Cnn, Resnet, Gpt };
template <>
inline constexpr auto enum_names<ModelType> =
    std::array<std::string_view, 4>{"mlp", "cnn", "resnet", "gpt"};

/// Section `model`.
struct ModelOptions {
  ModelType type{ModelType::Mlp};
  std::vector<std::int64_t> hidden{128, 128};
  std::vector<std::int64_t> channels{16, 32};
  std::int64_t depth{20};
  std::int64_t layers{4};
  std::int64_t width{128};
  std::int64_t heads{4};
  std::int64_t vocabulary{0};
  bool tied{true};
  Fraction dropout{0.0};

  template <class Visitor>
  void describe(Visitor& visit) {
    visit("type", type,
          "mlp: fully connected; cnn: small convolutional; resnet: residual, for small images; "
          "gpt: small decoder for text.");
    visit("hidden", hidden, "mlp, cnn: widths of the hidden fully connected layers.", 1, 1 << 20);
    visit("channels", channels, "cnn: channels of the convolution stages, each halving the image.",
          1, 65536);
    visit("depth", depth, "resnet: layers with weights, 6 n + 2, such as 20, 32, 44, 56 or 110.", 8,
          1202);
    visit("layers", layers, "gpt: number of transformer blocks.", 1, 1000);
    visit("width", width, "gpt: size of a token's vector; a multiple of heads.", 1, 65536);
    visit("heads", heads, "gpt: attention heads.", 1, 1024);
    visit("vocabulary", vocabulary,
          "gpt: tokens the model has room for; 0: as many as the data has.", 0, 1 << 24);
    visit("tied", tied, "gpt: the head shares the vectors of the tokens; false: it has its own.");
    visit("dropout", dropout, "Share of activations dropped while training.", Fraction{0.0},
          Fraction{0.95});
  }
};

}  // namespace greentrain
