#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/config/reader/yaml_document.h"
#include "trainer/models/spec/read_spec.h"

namespace greentrain {

/// A list of layers as it stands in a config, from its first line on.
inline YamlNode yaml_list(const std::string& text) {
  std::vector<ConfigError> errors;
  const auto source = std::make_shared<ConfigSource>(ConfigSource{"a.yaml", text, true, 0});
  return parse_yaml(source, 0, errors).value();
}

/// Reads a spec without mistakes.
inline ModelSpec spec_of(const std::string& text) {
  std::vector<ConfigError> errors;
  ModelSpec spec = read_spec(yaml_list(text), errors);
  if (!errors.empty()) throw std::runtime_error(errors.front().message);
  return spec;
}

/// All mistakes of a spec, each with its line and its hint.
inline std::vector<std::string> mistakes_in(const std::string& text) {
  std::vector<ConfigError> errors;
  read_spec(yaml_list(text), errors);
  std::vector<std::string> lines;
  for (const ConfigError& error : errors) {
    lines.push_back(std::to_string(error.place.line) + ": " + error.message +
                    (error.hint.empty() ? "" : "; " + error.hint));
  }
  return lines;
}

}  // namespace greentrain
