#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "core/config/option.h"
#include "core/config/reader/yaml_document.h"

namespace greentrain {
namespace {

/// A number, a share or a word: what means the same with and without quotes to whoever reads it.
bool needs_no_quotes(const std::string& text) {
  const auto is_safe = [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '.' || c == '+' || c == '-' || c == '%';
  };
  return !text.empty() && text != "-" && std::all_of(text.begin(), text.end(), is_safe);
}

std::string scalar_text(const YamlNode& scalar) {
  return !scalar.is_quoted && needs_no_quotes(scalar.text)
             ? scalar.text
             : yaml_value({scalar.text}, ValueKind::Text, /*is_list=*/false);
}

}  // namespace

std::string flow_yaml(const YamlNode& node) {
  std::string text;
  switch (node.kind) {
    case YamlNode::Kind::Null:
      return "null";
    case YamlNode::Kind::Scalar:
      return scalar_text(node);
    case YamlNode::Kind::List:
      for (const YamlNode& element : node.elements) {
        text += (text.empty() ? "" : ", ") + flow_yaml(element);
      }
      return "[" + text + "]";
    case YamlNode::Kind::Map:
      for (const YamlEntry& entry : node.entries) {
        text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", flow_yaml(entry.key),
                            flow_yaml(entry.value));
      }
      return "{" + text + "}";
  }
  return text;
}

}  // namespace greentrain
