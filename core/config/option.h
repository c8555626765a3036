#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/value_text.h"

namespace greentrain {

struct YamlNode;

/// One setting of an options struct, without its C++ type: what the reader, the manual, the schema
/// and `explain` work with. Borrows the struct's member, which must outlive it.
struct Option {
  std::string path;  ///< "train.batch_size".
  std::string help;
  ValueKind kind{};
  bool is_list{false};
  bool is_optional{false};           ///< May be null: absent.
  std::vector<std::string> choices;  ///< Of a Choice.
  std::string low, high;             ///< Limits, of the elements if it is a list; empty: none.
  std::string default_yaml;

  /// Whether one scalar text, an element if it is a list, is a value within the limits.
  std::function<MaybeProblem(std::string_view text)> check;
  /// Stores texts that check() accepts: the elements, or the only one; none: null.
  std::function<void(const std::vector<std::string>& texts)> assign;
  std::function<std::vector<std::string>()> texts;  ///< The member's value, as assign() takes it.
  /// Of a Structure, instead of check and assign: stores the value as it was written. What it means
  /// is for its owner to check.
  std::function<void(const YamlNode& value)> assign_structure;

  std::string key() const;       ///< "batch_size".
  std::string yaml() const;      ///< The member's value as it is written in YAML: "[64, 64]".
  std::string expected() const;  ///< "a whole number from 1 to 16777216", of an element if a list.
  std::string range() const;     ///< "1 to 16777216"; empty without limits.
};

/// A section, or a group of settings within one.
struct OptionGroup {
  std::string path;  ///< "train.optimizer"; a section's has no dot.
  std::string help;
};

/// Everything that a root struct of options describes, in its order.
struct OptionTable {
  std::vector<OptionGroup> groups;
  std::vector<Option> options;

  Option* find(std::string_view path);
  const Option* find(std::string_view path) const;
  const OptionGroup* find_group(std::string_view path) const;
  std::vector<std::string> keys(std::string_view group) const;  ///< Direct children; "": sections.
};

/// The part of a path before its last dot ("" without one), and the part after it.
std::string parent_path(std::string_view path);
std::string last_key(std::string_view path);

/// Writes texts of `kind` as one YAML value, quoted where they need it.
std::string yaml_value(const std::vector<std::string>& texts, ValueKind kind, bool is_list);

}  // namespace greentrain
