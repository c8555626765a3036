#pragma once

#include <string>

#include "core/config/option.h"

namespace greentrain {

/// A JSON Schema (draft 2020-12) of the YAML file, for editors: types, limits, choices, units as
/// patterns, defaults, and no other keys. The limits of values with units are in the description
/// alone, since a schema cannot compare them. The options must be at their defaults.
std::string json_schema(const OptionTable& table, const std::string& title);

}  // namespace greentrain
