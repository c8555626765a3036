#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/config/option.h"
#include "core/config/reader/diagnostics.h"
#include "core/config/reader/yaml_document.h"

namespace greentrain {

/// The wording of what can be wrong with one setting, with a guess at what was meant.

/// What is wrong with a scalar as the option's value, or as an element of it; nothing if all is
/// well.
std::optional<ConfigError> check_scalar(const Option& option, const YamlNode& scalar);

/// A value of the wrong shape: a list, a map or nothing where the option takes something else.
ConfigError wrong_shape(const Option& option, const YamlNode& value);
ConfigError wrong_element(const Option& option, const YamlNode& element);
ConfigError wrong_shape(const OptionTable& table, const OptionGroup& group, const YamlNode& value);

/// A key that `group` ("": the top) does not know.
ConfigError unknown_key(const OptionTable& table, const std::string& group, const std::string& key,
                        const ConfigPlace& place);

/// The same for a whole path from the command line, at whose start `place` is.
ConfigError unknown_path(const OptionTable& table, const std::string& path, ConfigPlace place);

}  // namespace greentrain
