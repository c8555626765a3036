#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/config/enum_names.h"
#include "core/config/option.h"
#include "core/config/value_text.h"
#include "core/units.h"

namespace greentrain {

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

/// The only code that knows an option's C++ type. An options struct passes it each of its members:
///   template <class Visitor>
///   void describe(Visitor& visit) {
///     visit("period", period, "Time between two readings.", 10ms, 10s);  // Help, lowest, highest.
///     visit("optimizer", optimizer, "How gradients change the weights.");  // A group: another
///     struct.
///   }
/// Members: bool, std::int64_t, double, std::string, std::chrono::milliseconds, Joules, Watts,
/// Fraction, GramsPerKwh, enums with enum_names, std::optional and std::vector of these.
class OptionCollector {
 public:
  explicit OptionCollector(OptionTable& table) : table_(table) {}

  template <class T>
  void operator()(std::string_view key, T& member, std::string_view help) {
    if constexpr (requires { member.describe(*this); }) {
      const std::string outer = std::exchange(prefix_, path(key));
      table_.groups.push_back({prefix_, std::string(help)});
      member.describe(*this);
      prefix_ = outer;
    } else {
      add<T, OptionScalar<T>>(key, member, help, std::nullopt, std::nullopt);
    }
  }

  template <class T>
  void operator()(std::string_view key, T& member, std::string_view help,
                  const std::type_identity_t<OptionScalar<T>>& low,
                  const std::type_identity_t<OptionScalar<T>>& high) {
    add<T, OptionScalar<T>>(key, member, help, low, high);
  }

 private:
  std::string path(std::string_view key) const {
    return prefix_.empty() ? std::string(key) : prefix_ + "." + std::string(key);
  }

  template <class T, class Value>
  void add(std::string_view key, T& member, std::string_view help, std::optional<Value> low,
           std::optional<Value> high) {
    Option option;
    option.path = path(key);
    option.help = help;
    option.kind = value_kind<Value>;
    option.is_list = std::is_same_v<T, std::vector<Value>>;
    option.is_optional = std::is_same_v<T, std::optional<Value>>;
    if constexpr (std::is_enum_v<Value>) {
      option.choices.assign(enum_names<Value>.begin(), enum_names<Value>.end());
    }
    option.low = low ? value_text(*low) : "";
    option.high = high ? value_text(*high) : "";
    option.check = [low, high](std::string_view text) -> MaybeProblem {
      Value value{};
      if (const MaybeProblem problem = parse_value(text, value)) {
        return problem;
      }
      const bool outside = (low && value < *low) || (high && value > *high);
      return outside ? MaybeProblem(ValueProblem::OutOfRange) : std::nullopt;
    };
    option.assign = [&member](const std::vector<std::string>& texts) {
      OptionShape<T>::store(texts, member);
    };
    option.texts = [&member] { return OptionShape<T>::load(member); };
    option.default_yaml = option.yaml();
    table_.options.push_back(std::move(option));
  }

  OptionTable& table_;
  std::string prefix_;
};

/// Everything that `root.describe` lists, bound to `root`, whose present values are the defaults.
template <class Root>
OptionTable collect_options(Root& root) {
  OptionTable table;
  OptionCollector collect(table);
  root.describe(collect);
  return table;
}

}  // namespace greentrain
