#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/config/enum_names.h"
#include "core/config/option.h"
#include "core/config/option_shape.h"
#include "core/config/value_text.h"

namespace greentrain {

/// The only code that knows an option's C++ type. An options struct passes it each of its members:
///   template <class Visitor>
///   void describe(Visitor& visit) {
///     visit("period", period, "Time between two readings.", 10ms, 10s);  // Help, lowest, highest.
///     visit("optimizer", optimizer, "How gradients change the weights.");  // A group: another
///     struct.
///   }
/// Members: bool, std::int64_t, double, std::string, std::chrono::milliseconds, Joules, Watts,
/// Fraction, GramsPerKwh, enums with enum_names, std::optional and std::vector of these; YamlNode
/// for a structure.
class OptionCollector {
 public:
  explicit OptionCollector(OptionTable& table) : table_(table) {}

  template <class T>
  void operator()(std::string_view key, T& member, std::string_view help) {
    if constexpr (std::is_same_v<T, YamlNode>) {
      add_structure(key, member, help);
    } else if constexpr (requires { member.describe(*this); }) {
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

  void add_structure(std::string_view key, YamlNode& member, std::string_view help) {
    Option option;
    option.path = path(key);
    option.help = help;
    option.kind = ValueKind::Structure;
    option.assign_structure = [&member](const YamlNode& value) { member = value; };
    option.texts = [&member] {
      const bool empty = member.kind == YamlNode::Kind::Null;
      return std::vector<std::string>{empty ? "[]" : flow_yaml(member)};
    };
    option.default_yaml = option.yaml();
    table_.options.push_back(std::move(option));
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
