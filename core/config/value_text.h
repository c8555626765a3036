#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/units.h"

namespace greentrain {

/// What a setting holds; decides how its values are written.
enum class ValueKind {
  Boolean,
  Integer,
  Number,
  Text,
  Choice,
  Duration,
  Energy,
  Power,
  Share,
  Intensity,
  Structure  ///< Nested lists and maps, such as the layers of a model; no scalar.
};

/// A unit that a value may be written with: one of it is factor * 10^power of what is stored.
struct Unit {
  std::string_view name;
  int factor;
  int power;
};

/// How values of one kind are written. For the reader's messages, the manual and the JSON Schema.
struct ValueSyntax {
  std::string_view name;        ///< With its article: "a duration".
  std::string_view plural;      ///< "durations".
  std::string_view example;     ///< "100ms"; empty where the choices are the example.
  std::span<const Unit> units;  ///< Smallest first; empty: written without a unit.
};
const ValueSyntax& value_syntax(ValueKind kind);

/// "ms, s, min, h or d"; empty for a kind without units.
std::string unit_names(ValueKind kind);

/// Why a text is no value of its kind.
enum class ValueProblem {
  Syntax,      ///< Not written like one at all.
  NoUnit,      ///< A number, but a unit must follow it.
  TooFine,     ///< Finer than what is stored: durations are whole milliseconds.
  OutOfRange,  ///< Past what the type or the setting's own limits hold.
};

/// Reads a value, independent of the locale. On a problem `value` is left as it was. Numbers are
/// read to the nearest double; `inf` and `nan` are not numbers. 0.05 and 5% are the same Fraction.
using MaybeProblem = std::optional<ValueProblem>;
MaybeProblem parse_value(std::string_view text, bool& value);
MaybeProblem parse_value(std::string_view text, std::int64_t& value);
MaybeProblem parse_value(std::string_view text, double& value);
MaybeProblem parse_value(std::string_view text, std::string& value);  ///< No control characters.
MaybeProblem parse_value(std::string_view text, std::chrono::milliseconds& value);
MaybeProblem parse_value(std::string_view text, Joules& value);
MaybeProblem parse_value(std::string_view text, Watts& value);
MaybeProblem parse_value(std::string_view text, Fraction& value);
MaybeProblem parse_value(std::string_view text, GramsPerKwh& value);

/// Writes a value in the one form that is printed everywhere; parse_value reads it back exactly.
std::string value_text(bool value);
std::string value_text(std::int64_t value);
std::string value_text(double value);
std::string value_text(const std::string& value);
std::string value_text(const char* value) = delete;  // Would be taken for a bool.
std::string value_text(std::chrono::milliseconds value);
std::string value_text(Joules value);
std::string value_text(Watts value);
std::string value_text(Fraction value);
std::string value_text(GramsPerKwh value);

}  // namespace greentrain
