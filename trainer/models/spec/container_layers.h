#pragma once

#include "trainer/models/spec/layer_types.h"

namespace greentrain::spec {

// Layers that hold layers: LayerSpec::layers and LayerSpec::shortcut.

/// Layers with a name of their own: a unit of activation checkpointing.
struct Block {
  static constexpr std::string_view kType{"block"};
  static constexpr std::string_view kShapes{"as its layers"};
  static constexpr std::string_view kHelp{
      "A list of layers, itself a layer; may be repeated: {block: [...], repeat: 12}."};
  template <class Visitor>
  void describe(Visitor&) {}
};

/// x + body(x), or shortcut(x) + body(x).
struct Residual {
  static constexpr std::string_view kType{"residual"};
  static constexpr std::string_view kShapes{"as its layers"};
  static constexpr std::string_view kHelp{
      "Adds its input to what its layers make of it; with shortcut: [...], what those make of it."};
  template <class Visitor>
  void describe(Visitor&) {}
};

}  // namespace greentrain::spec
