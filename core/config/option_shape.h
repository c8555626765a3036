#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "core/config/enum_names.h"
#include "core/config/reader/yaml_document.h"
#include "core/config/value_text.h"
#include "core/units.h"

namespace greentrain {

/// What an option's C++ type says of it; for collect_options.h.
template <class T>
inline constexpr ValueKind value_kind = ValueKind::Choice;
template <>
inline constexpr ValueKind value_kind<bool> = ValueKind::Boolean;
template <>
inline constexpr ValueKind value_kind<std::int64_t> = ValueKind::Integer;
template <>
inline constexpr ValueKind value_kind<double> = ValueKind::Number;
template <>
inline constexpr ValueKind value_kind<std::string> = ValueKind::Text;
template <>
inline constexpr ValueKind value_kind<std::chrono::milliseconds> = ValueKind::Duration;
template <>
inline constexpr ValueKind value_kind<Joules> = ValueKind::Energy;
template <>
inline constexpr ValueKind value_kind<Watts> = ValueKind::Power;
template <>
inline constexpr ValueKind value_kind<Fraction> = ValueKind::Share;
template <>
inline constexpr ValueKind value_kind<GramsPerKwh> = ValueKind::Intensity;
template <>
inline constexpr ValueKind value_kind<YamlNode> = ValueKind::Structure;

template <class Enum>
requires std::is_enum_v<Enum> MaybeProblem parse_value(std::string_view text, Enum& value) {
  for (std::size_t i = 0; i < enum_names<Enum>.size(); ++i) {
    if (enum_names<Enum>[i] == text) {
      value = static_cast<Enum>(i);
      return std::nullopt;
    }
  }
  return ValueProblem::Syntax;
}

template <class Enum>
requires std::is_enum_v<Enum> std::string value_text(Enum value) {
  return std::string(enum_name(value));
}

/// A member's shape: how many values of which type, and how they become texts and back.
template <class T>
struct OptionShape {
  using Scalar = T;
  static std::vector<std::string> load(const T& member) { return {value_text(member)}; }
  static void store(const std::vector<std::string>& texts, T& member) {
    parse_value(texts.at(0), member);
  }
};

template <class T>
struct OptionShape<std::optional<T>> {
  using Scalar = T;
  static std::vector<std::string> load(const std::optional<T>& member) {
    return member ? OptionShape<T>::load(*member) : std::vector<std::string>{};
  }
  static void store(const std::vector<std::string>& texts, std::optional<T>& member) {
    member.reset();
    if (!texts.empty()) {
      OptionShape<T>::store(texts, member.emplace());
    }
  }
};

template <class T>
struct OptionShape<std::vector<T>> {
  using Scalar = T;
  static std::vector<std::string> load(const std::vector<T>& member) {
    std::vector<std::string> texts;
    for (const T& element : member) {
      texts.push_back(value_text(element));
    }
    return texts;
  }
  static void store(const std::vector<std::string>& texts, std::vector<T>& member) {
    member.clear();
    for (const std::string& text : texts) {
      parse_value(text, member.emplace_back());
    }
  }
};

template <class T>
using OptionScalar = typename OptionShape<T>::Scalar;

}  // namespace greentrain
