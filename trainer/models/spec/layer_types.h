#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/config/enum_names.h"

/// The layers that a model is a list of, without libtorch: plain data, each with the name it has in
/// YAML, the shapes it maps and its arguments. The argument described first may be written after
/// the name: {conv: 16, kernel: 3}. docs/models.md is the table users read. The layers:
/// dense_layers.h, image_layers.h, sequence_layers.h.
namespace greentrain::spec {

/// How first weights are drawn; see trainer/models/initial_values.h.
enum class Init { He, Xavier, Lecun, Normal, Truncated, Small, Zeros };
enum class Norm { None, Batch };
enum class Curve { None, Tanh };

}  // namespace greentrain::spec

namespace greentrain {
template <>
inline constexpr auto enum_names<spec::Init> = std::array<std::string_view, 7>{
    "he", "xavier", "lecun", "normal", "truncated", "small", "zeros"};
template <>
inline constexpr auto enum_names<spec::Norm> = std::array<std::string_view, 2>{"none", "batch"};
template <>
inline constexpr auto enum_names<spec::Curve> = std::array<std::string_view, 2>{"none", "tanh"};
}  // namespace greentrain

namespace greentrain::spec {

inline constexpr std::int64_t kMaxWidth = 1 << 24;

/// Arguments that several layers with weights share.
struct Weights {
  std::optional<Init> init{};
  double deviation{0.02};

  template <class Visitor>
  void describe_into(Visitor& visit) {
    visit("init", init, "First weights; null: he, or small where the width is classes.");
    visit("deviation", deviation, "Standard deviation of normal and truncated.", 0.0, 10.0);
  }
};

}  // namespace greentrain::spec
