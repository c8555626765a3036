#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/config/enum_names.h"
#include "core/units.h"

namespace greentrain {

enum class ModelType { Mlp, Cnn, Gpt };
template <>
inline constexpr auto enum_names<ModelType> = std::array<std::string_view, 3>{"mlp", "cnn", "gpt"};

/// Section `model`.
struct ModelOptions {
  ModelType type{ModelType::Mlp};
  std::vector<std::int64_t> hidden{128, 128};
  std::vector<std::int64_t> channels{16, 32};
  std::int64_t layers{4};
  std::int64_t width{128};
  std::int64_t heads{4};
  Fraction dropout{0.0};

  template <class Visitor>
  void describe(Visitor& visit) {
    visit("type", type,
          "mlp: fully connected; cnn: small convolutional; gpt: small decoder for text.");
    visit("hidden", hidden, "mlp, cnn: widths of the hidden fully connected layers.", 1, 1 << 20);
    visit("channels", channels, "cnn: channels of the convolution stages, each halving the image.",
          1, 65536);
    visit("layers", layers, "gpt: number of transformer blocks.", 1, 1000);
    visit("width", width, "gpt: size of a token's vector; a multiple of heads.", 1, 65536);
    visit("heads", heads, "gpt: attention heads.", 1, 1024);
    visit("dropout", dropout, "Share of activations dropped while training.", Fraction{0.0},
          Fraction{0.95});
  }
};

}  // namespace greentrain
