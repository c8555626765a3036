#pragma once

#include <vector>

#include "core/config/reader/yaml_document.h"
#include "trainer/models/spec/model_spec.h"

namespace greentrain {

/// Reads a list of layers: texts ("relu") or maps ({conv: 16, kernel: 3, name: first}). A layer
/// without a name is called by its number in its list; `repeat: n` on a block makes n of it, called
/// name.0 and so on. Every mistake is added to `errors`, at its place; shapes are not looked at.
ModelSpec read_spec(const YamlNode& list, std::vector<ConfigError>& errors);

}  // namespace greentrain
