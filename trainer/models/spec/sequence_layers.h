#pragma once

#include "core/units.h"
#include "trainer/models/spec/layer_types.h"

namespace greentrain::spec {

// Layers for sequences of vectors: see layer_types.h.

struct Embedding {
  static constexpr std::string_view kType{"embedding"};
  static constexpr std::string_view kShapes{"text [t] to [t, width]"};
  static constexpr std::string_view kHelp{"A vector for each token of a text."};
  std::int64_t width{0};
  std::optional<std::int64_t> count{};  ///< None: as many as the data has.
  double deviation{0.02};

  template <class Visitor>
  void describe(Visitor& visit) {
    visit("width", width, "Numbers of a vector.", 1, kMaxWidth);
    visit("count", count, "Tokens there is room for, or classes: as many as the data has.", 1,
          kMaxWidth);
    visit("deviation", deviation, "Standard deviation of the first vectors.", 0.0, 10.0);
  }
};

struct Tied {
  static constexpr std::string_view kType{"tied"};
  static constexpr std::string_view kShapes{"[..., n] to [..., count]"};
  static constexpr std::string_view kHelp{"A linear layer with the vectors of an embedding."};
  std::string embedding;

  template <class Visitor>
  void describe(Visitor& visit) {
    visit("embedding", embedding, "Name of the embedding, which comes before.");
  }
};

struct Positions {
  static constexpr std::string_view kType{"positions"};
  static constexpr std::string_view kShapes{"[t, n] to the same"};
  static constexpr std::string_view kHelp{"Adds a learnt vector to each place of the sequence."};
  double deviation{0.02};

  template <class Visitor>
  void describe(Visitor& visit) {
    visit("deviation", deviation, "Standard deviation of the first vectors.", 0.0, 10.0);
  }
};

struct Patches {
  static constexpr std::string_view kType{"patches"};
  static constexpr std::string_view kShapes{"[c, h, w] to [h w / size^2, width]"};
  static constexpr std::string_view kHelp{"Cuts an image into squares, each a token."};
  std::int64_t width{0};
  std::int64_t size{16};
  Weights weights{.init = Init::Lecun};

  template <class Visitor>
  void describe(Visitor& visit) {
    visit("width", width, "Numbers of a token.", 1, kMaxWidth);
    visit("size", size, "Height and width of a square; divides h and w.", 1, 1024);
    weights.describe_into(visit);
  }
};

struct ClassToken {
  static constexpr std::string_view kType{"class_token"};
  static constexpr std::string_view kShapes{"[t, n] to [t + 1, n]"};
  static constexpr std::string_view kHelp{"Puts a learnt token first, at the start 0."};
  template <class Visitor>
  void describe(Visitor&) {}
};

struct FirstToken {
  static constexpr std::string_view kType{"first_token"};
  static constexpr std::string_view kShapes{"[t, n] to [n]"};
  static constexpr std::string_view kHelp{"Keeps the first token alone."};
  template <class Visitor>
  void describe(Visitor&) {}
};

struct Attention {
  static constexpr std::string_view kType{"attention"};
  static constexpr std::string_view kShapes{"[t, n] to the same"};
  static constexpr std::string_view kHelp{
      "Tokens take from each other (arXiv 1706.03762); weights qkv and projection."};
  std::int64_t heads{1};
  bool causal{false};
  Fraction dropout{0.0};
  Weights weights{};
  std::optional<double> projection_deviation{};

  template <class Visitor>
  void describe(Visitor& visit) {
    visit("heads", heads, "Parts that attend on their own; divides n.", 1, 65536);
    visit("causal", causal, "Tokens take from those before them only.");
    visit("dropout", dropout, "Share of the attention dropped while training.", Fraction{0.0},
          Fraction{0.95});
    weights.describe_into(visit);
    visit("projection_deviation", projection_deviation, "Of projection; null: as qkv.", 0.0, 10.0);
  }
};

}  // namespace greentrain::spec
