#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/config/reader/diagnostics.h"

namespace greentrain {

struct YamlEntry;

/// A value of a YAML document and where it stands. Scalars keep their text: what it means depends
/// on the setting, not on YAML's guess.
struct YamlNode {
  enum class Kind { Null, Scalar, List, Map };
  Kind kind{Kind::Null};
  std::string text;       ///< Of a scalar, quotes and escapes resolved.
  bool is_quoted{false};  ///< A scalar in quotes: certainly a text.
  ConfigPlace place;
  std::vector<YamlNode> elements;  ///< Of a list.
  std::vector<YamlEntry> entries;  ///< Of a map, in the order of the source, duplicates kept.
};

struct YamlEntry {
  YamlNode key;
  YamlNode value;
};

/// The node on one line: "[{conv: 16, kernel: 3}, relu]". Reads back as the same.
std::string flow_yaml(const YamlNode& node);

/// Reads the one YAML document of a source, from byte `begin` of its text, which lies on the
/// source's first line unless it is 0. What cannot be read becomes one error, and there is no
/// result then. Refused too: what is not UTF-8, tabs as indentation, anchors and aliases, a second
/// document.
std::optional<YamlNode> parse_yaml(const std::shared_ptr<const ConfigSource>& source,
                                   std::size_t begin, std::vector<ConfigError>& errors);

}  // namespace greentrain
