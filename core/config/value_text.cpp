#include "core/config/value_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <vector>

#include "core/config/decimal.h"
#include "core/text.h"

namespace greentrain {
namespace {

constexpr auto kDurationUnits =  // Stored in milliseconds.
    std::array{Unit{"ms", 1, 0}, Unit{"s", 1, 3}, Unit{"min", 6, 4}, Unit{"h", 36, 5},
               Unit{"d", 864, 5}};
constexpr auto kEnergyUnits =
    std::array{Unit{"J", 1, 0},   Unit{"kJ", 1, 3},   Unit{"MJ", 1, 6},  Unit{"GJ", 1, 9},
               Unit{"Wh", 36, 2}, Unit{"kWh", 36, 5}, Unit{"MWh", 36, 8}};
constexpr auto kPowerUnits = std::array{Unit{"W", 1, 0}, Unit{"kW", 1, 3}, Unit{"MW", 1, 6}};
constexpr auto kFractionUnits = std::array{Unit{"%", 1, -2}};
constexpr auto kIntensityUnits = std::array{Unit{"g/kWh", 1, 0}, Unit{"kg/MWh", 1, 0}};

/// The number in units of `factor` * 10^power, as a double.
MaybeProblem evaluate(const Decimal& number, int power, int factor, double& value) {
  const std::optional<double> result = number.times_ten_to(power);
  if (!result || !std::isfinite(*result * factor)) {
    return ValueProblem::OutOfRange;
  }
  value = *result * factor;
  return std::nullopt;
}

MaybeProblem parse_quantity(std::string_view text, ValueKind kind, double& value) {
  const std::optional<Decimal> number = Decimal::read(text);
  if (!number) {
    return ValueProblem::Syntax;
  }
  std::string_view name = number->rest();
  name.remove_prefix(std::min(name.find_first_not_of(' '), name.size()));
  if (name.empty()) {
    return ValueProblem::NoUnit;
  }
  for (const Unit& unit : value_syntax(kind).units) {
    if (unit.name == name) {
      return evaluate(*number, unit.power, unit.factor, value);
    }
  }
  return ValueProblem::Syntax;
}

/// In the largest unit that is a power of ten of the stored one and leaves at least 1.
std::string quantity_text(double value, ValueKind kind, std::string_view separator = "") {
  const std::span<const Unit> units = value_syntax(kind).units;
  const Unit* best = &units[0];
  for (const Unit& unit : units) {
    if (unit.factor == 1 && unit.power > best->power &&
        std::abs(value) >= std::pow(10.0, unit.power)) {
      best = &unit;
    }
  }
  return decimal_text(value, best->power) + std::string(separator) + std::string(best->name);
}

template <class Quantity>
MaybeProblem parse_into(std::string_view text, ValueKind kind, Quantity& quantity) {
  return parse_quantity(text, kind, quantity.value);
}

}  // namespace

const ValueSyntax& value_syntax(ValueKind kind) {
  static const std::array<ValueSyntax, 11> kSyntax{{
      {"true or false", "true or false", "true", {}},
      {"a whole number", "whole numbers", "1", {}},
      {"a number", "numbers", "0.1", {}},
      {"text on one line", "texts", "name", {}},
      {"a choice", "choices", "", {}},
      {"a duration", "durations", "100ms", kDurationUnits},
      {"an energy", "energies", "5MJ", kEnergyUnits},
      {"a power", "powers", "300W", kPowerUnits},
      {"a share", "shares", "5%", kFractionUnits},
      {"a carbon intensity", "carbon intensities", "56 g/kWh", kIntensityUnits},
      {"a list of layers", "lists of layers", "[{linear: 64}, relu]", {}},
  }};
  return kSyntax[static_cast<std::size_t>(kind)];
}

std::string unit_names(ValueKind kind) {
  std::vector<std::string> names;
  for (const Unit& unit : value_syntax(kind).units) {
    names.emplace_back(unit.name);
  }
  return join_with_or(names);
}

MaybeProblem parse_value(std::string_view text, bool& value) {
  const bool yes = text == "true" || text == "True" || text == "TRUE";
  if (!yes && text != "false" && text != "False" && text != "FALSE") {
    return ValueProblem::Syntax;
  }
  value = yes;
  return std::nullopt;
}

MaybeProblem parse_value(std::string_view text, std::int64_t& value) {
  const std::string_view digits = text.substr(text.starts_with('+') ? 1 : 0);
  std::int64_t result = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), result);
  if (read.ec == std::errc::invalid_argument || read.ptr != digits.data() + digits.size() ||
      text.starts_with("+-")) {
    return ValueProblem::Syntax;
  }
  if (read.ec == std::errc::result_out_of_range) {
    return ValueProblem::OutOfRange;
  }
  value = result;
  return std::nullopt;
}

MaybeProblem parse_value(std::string_view text, double& value) {
  const std::optional<Decimal> number = Decimal::read(text);
  if (!number || !number->rest().empty()) {
    return ValueProblem::Syntax;
  }
  return evaluate(*number, 0, 1, value);
}

MaybeProblem parse_value(std::string_view text, std::string& value) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  if (std::any_of(text.begin(), text.end(), is_control)) {
    return ValueProblem::Syntax;
  }
  value = text;
  return std::nullopt;
}

MaybeProblem parse_value(std::string_view text, std::chrono::milliseconds& value) {
  constexpr double kLargest = 9e15;  // Below 2^53: every whole number of milliseconds is exact.
  double count = 0;
  if (const MaybeProblem problem = parse_quantity(text, ValueKind::Duration, count)) {
    return problem;
  }
  if (std::abs(count) > kLargest) {
    return ValueProblem::OutOfRange;
  }
  if (count != std::floor(count)) {
    return ValueProblem::TooFine;
  }
  value = std::chrono::milliseconds(static_cast<std::int64_t>(count));
  return std::nullopt;
}

MaybeProblem parse_value(std::string_view text, Joules& value) {
  return parse_into(text, ValueKind::Energy, value);
}

MaybeProblem parse_value(std::string_view text, Watts& value) {
  return parse_into(text, ValueKind::Power, value);
}

MaybeProblem parse_value(std::string_view text, Fraction& value) {
  double bare = 0;
  const MaybeProblem problem = parse_value(text, bare);
  if (problem == ValueProblem::Syntax) {
    return parse_into(text, ValueKind::Share, value);
  }
  if (problem || bare > 1) {
    return ValueProblem::NoUnit;  // A bare 15 is a percentage that lost its sign, not 1500%.
  }
  value.value = bare;
  return std::nullopt;
}

MaybeProblem parse_value(std::string_view text, GramsPerKwh& value) {
  return parse_into(text, ValueKind::Intensity, value);
}

std::string value_text(bool value) { return value ? "true" : "false"; }

std::string value_text(std::int64_t value) { return std::to_string(value); }

std::string value_text(double value) { return decimal_text(value, 0); }

std::string value_text(const std::string& value) { return value; }

std::string value_text(std::chrono::milliseconds value) {
  const auto count = value.count();
  std::int64_t size = 1;
  std::string_view name = "ms";
  for (const Unit& unit : kDurationUnits) {
    auto milliseconds = static_cast<std::int64_t>(unit.factor);
    for (int i = 0; i < unit.power; ++i) {
      milliseconds *= 10;
    }
    if (count % milliseconds == 0) {
      size = milliseconds;
      name = unit.name;
    }
  }
  return count == 0 ? "0s" : std::to_string(count / size) + std::string(name);
}

std::string value_text(Joules value) { return quantity_text(value.value, ValueKind::Energy); }

std::string value_text(Watts value) { return quantity_text(value.value, ValueKind::Power); }

std::string value_text(Fraction value) { return quantity_text(value.value, ValueKind::Share); }

std::string value_text(GramsPerKwh value) {
  return quantity_text(value.value, ValueKind::Intensity, " ");
}

}  // namespace greentrain
