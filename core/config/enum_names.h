#pragma once

#include <array>
#include <string_view>

namespace greentrain {

/// The YAML names of an enum's values, in the order of their numbers, starting at 0. Specialise it
/// beside the enum:
///   enum class Color { Red, Green };
///   template <> inline constexpr auto enum_names<Color> = std::array{"red"sv, "green"sv};
template <class Enum>
inline constexpr std::array<std::string_view, 0> enum_names{};

/// The YAML name of one value.
template <class Enum>
constexpr std::string_view enum_name(Enum value) {
  return enum_names<Enum>[static_cast<std::size_t>(value)];
}

}  // namespace greentrain
