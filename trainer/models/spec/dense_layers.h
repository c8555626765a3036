#pragma once

#include "core/units.h"
#include "trainer/models/spec/layer_types.h"

namespace greentrain::spec {

// Layers for samples of any shape: see layer_types.h.

struct Linear {
  static constexpr std::string_view kType{"linear"};
  static constexpr std::string_view kShapes{"[..., n] to [..., width]"};
  static constexpr std::string_view kHelp{"Weights and a bias; all inputs with all outputs."};
  std::optional<std::int64_t> width{};  ///< None: as many as the data has classes.
  std::optional<std::int64_t> inputs{};
  bool bias{true};
  Weights weights{};

  template <class Visitor>
  void describe(Visitor& visit) {
    visit("width", width, "Outputs, or classes: as many as the data has.", 1, kMaxWidth);
    visit("inputs", inputs, "What n must be; null: whatever comes.", 1, kMaxWidth);
    visit("bias", bias, "Whether something is added.");
    weights.describe_into(visit);
  }
};

struct BatchNorm {
  static constexpr std::string_view kType{"batch_norm"};
  static constexpr std::string_view kShapes{"[c, ...] to the same"};
  static constexpr std::string_view kHelp{"Batch normalisation (arXiv 1502.03167) by channel."};
  double momentum{0.1};
  double epsilon{1e-5};

  template <class Visitor>
  void describe(Visitor& visit) {
    visit("momentum", momentum, "Share of a step in the running statistics.", 0.0, 1.0);
    visit("epsilon", epsilon, "Added to the variance.", 1e-12, 1.0);
  }
};

struct LayerNorm {
  static constexpr std::string_view kType{"layer_norm"};
  static constexpr std::string_view kShapes{"[..., n] to the same"};
  static constexpr std::string_view kHelp{"Layer normalisation (arXiv 1607.06450) over n."};
  double epsilon{1e-5};

  template <class Visitor>
  void describe(Visitor& visit) {
    visit("epsilon", epsilon, "Added to the variance.", 1e-12, 1.0);
  }
};

struct Relu {
  static constexpr std::string_view kType{"relu"};
  static constexpr std::string_view kShapes{"any to the same"};
  static constexpr std::string_view kHelp{"max(x, 0)."};
  template <class Visitor>
  void describe(Visitor&) {}
};

struct Gelu {
  static constexpr std::string_view kType{"gelu"};
  static constexpr std::string_view kShapes{"any to the same"};
  static constexpr std::string_view kHelp{"x times the normal distribution (arXiv 1606.08415)."};
  Curve approximate{Curve::None};

  template <class Visitor>
  void describe(Visitor& visit) {
    visit("approximate", approximate, "tanh: the approximation that GPT-2 uses.");
  }
};

struct Dropout {
  static constexpr std::string_view kType{"dropout"};
  static constexpr std::string_view kShapes{"any to the same"};
  static constexpr std::string_view kHelp{"Sets some numbers to 0 while training."};
  Fraction share{0.1};

  template <class Visitor>
  void describe(Visitor& visit) {
    visit("share", share, "How many.", Fraction{0.0}, Fraction{0.95});
  }
};

struct Flatten {
  static constexpr std::string_view kType{"flatten"};
  static constexpr std::string_view kShapes{"[a, b, ...] to [a b ...]"};
  static constexpr std::string_view kHelp{"All numbers of a sample in one row."};
  template <class Visitor>
  void describe(Visitor&) {}
};

}  // namespace greentrain::spec
