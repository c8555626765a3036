#pragma once

#include "trainer/models/spec/layer_types.h"

namespace greentrain::spec {

// Layers for images: see layer_types.h.

struct Conv {
  static constexpr std::string_view kType{"conv"};
  static constexpr std::string_view kShapes{"[c, h, w] to [width, h', w']"};
  static constexpr std::string_view kHelp{"A convolution over images, with a border of zeros."};
  std::int64_t width{0};
  std::optional<std::int64_t> inputs{};
  std::int64_t kernel{3};
  std::int64_t stride{1};
  std::optional<std::int64_t> padding{};
  std::int64_t groups{1};
  bool bias{true};
  Norm norm{Norm::None};
  Weights weights{};

  std::int64_t border() const { return padding.value_or((kernel - 1) / 2); }

  template <class Visitor>
  void describe(Visitor& visit) {
    visit("width", width, "Channels it gives.", 1, kMaxWidth);
    visit("inputs", inputs, "What c must be; null: whatever comes.", 1, kMaxWidth);
    visit("kernel", kernel, "Height and width of the filters.", 1, 1024);
    visit("stride", stride, "Pixels between two positions.", 1, 1024);
    visit("padding", padding, "Border; null: (kernel - 1) / 2.", 0, 1024);
    visit("groups", groups, "Parts that do not see each other; divides c and width.", 1, kMaxWidth);
    visit("bias", bias, "Whether something is added.");
    visit("norm", norm, "batch: normalised by batch_norm, whose bias then is the only one.");
    weights.describe_into(visit);
  }
};

struct MaxPool {
  static constexpr std::string_view kType{"max_pool"};
  static constexpr std::string_view kShapes{"[c, h, w] to [c, h', w']"};
  static constexpr std::string_view kHelp{"The largest of each square of pixels."};
  std::int64_t size{2};
  std::optional<std::int64_t> stride{};
  std::int64_t padding{0};

  template <class Visitor>
  void describe(Visitor& visit) {
    visit("size", size, "Height and width of the square.", 1, 1024);
    visit("stride", stride, "Pixels between two squares; null: size.", 1, 1024);
    visit("padding", padding, "Border, at most half of size.", 0, 512);
  }
};

struct MeanPool {
  static constexpr std::string_view kType{"mean_pool"};
  static constexpr std::string_view kShapes{"[c, h, w] to [c], [t, n] to [n]"};
  static constexpr std::string_view kHelp{"The mean over all pixels, or over all tokens."};
  template <class Visitor>
  void describe(Visitor&) {}
};

struct PadChannels {
  static constexpr std::string_view kType{"pad_channels"};
  static constexpr std::string_view kShapes{"[c, h, w] to [width, h', w']"};
  static constexpr std::string_view kHelp{
      "Every stride-th pixel; new channels are 0 (arXiv 1512.03385, option A)."};
  std::int64_t width{0};
  std::int64_t stride{1};

  template <class Visitor>
  void describe(Visitor& visit) {
    visit("width", width, "Channels it gives, c or more.", 1, kMaxWidth);
    visit("stride", stride, "Pixels from one to the next.", 1, 1024);
  }
};

}  // namespace greentrain::spec
