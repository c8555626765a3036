#include "core/config/reader/config_reader.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "core/config/reader/complaints.h"
#include "core/error.h"
#include "core/file.h"

namespace greentrain {
namespace {

constexpr std::size_t kLargestFile = 1 << 20;  // Bytes; a data file given by mistake is larger.

/// Throws UsageError for what is no config file, before it is read: a device has no end.
void check_is_config_file(const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::is_character_file(path, ignored) ||
      std::filesystem::is_block_file(path, ignored)) {
    throw UsageError(path + ": is a device, expected a config in YAML");
  }
  const auto size = std::filesystem::file_size(path, ignored);
  if (!ignored && size > kLargestFile) {
    throw UsageError(fmt::format("{}: has {} bytes, expected a config in YAML of at most {}", path,
                                 size, kLargestFile));
  }
}

std::string without_byte_order_mark(std::string text) {
  return text.starts_with("\xEF\xBB\xBF") ? text.substr(3) : text;
}

ConfigError no_sections(const OptionTable& table, const YamlNode& root) {
  const std::string found = root.kind == YamlNode::Kind::Null   ? "the file holds no settings"
                            : root.kind == YamlNode::Kind::List ? "the file is a list"
                                                                : "the file is one text";
  ConfigPlace place = root.place;
  place.line = root.kind == YamlNode::Kind::Null ? 0 : place.line;
  return {place, fmt::format("{}, expected sections: {}", found, fmt::join(table.keys(""), ", ")),
          "", ""};
}

}  // namespace

std::shared_ptr<const ConfigSource> ConfigReader::add_source(std::string name, std::string text,
                                                             bool is_file) {
  return std::make_shared<ConfigSource>(
      ConfigSource{std::move(name), std::move(text), is_file, source_count_++});
}

void ConfigReader::read_file(const std::string& path) {
  check_is_config_file(path);
  read_text(path, without_byte_order_mark(greentrain::read_file(path)));
}

void ConfigReader::read_text(const std::string& name, const std::string& yaml) {
  file_ = add_source(name, yaml, true);
  const std::optional<YamlNode> root = parse_yaml(file_, 0, errors_);
  if (!root || root->kind != YamlNode::Kind::Map) {
    understood_ = false;
  }
  if (root && root->kind == YamlNode::Kind::Map) {
    read_group("", *root);
  } else if (root) {
    errors_.push_back(no_sections(table_, *root));
  }
}

void ConfigReader::read_override(const std::string& argument) {
  const std::shared_ptr<const ConfigSource> source = add_source("command line", argument, false);
  const std::size_t equals = argument.find('=');
  const std::string path = argument.substr(0, equals);
  const ConfigPlace place{source, 1, 1, std::max<std::size_t>(path.size(), 1)};
  if (equals == std::string::npos || equals == 0) {
    errors_.push_back({place, "expected a setting such as train.batch_size=64", "", ""});
    return;
  }
  std::optional<YamlNode> value = parse_yaml(source, equals + 1, errors_);
  if (!value) {
    understood_ = false;
    return;
  }
  if (value->kind == YamlNode::Kind::Null && value->text.empty()) {
    value->place = place;
  }
  if (Option* option = table_.find(path)) {
    if (option->kind == ValueKind::Text && !option->is_list && equals + 1 == argument.size()) {
      value->kind = YamlNode::Kind::Scalar;  // `run.dir=` is the empty text, as in a shell.
    }
    read_option(*option, *value);
  } else if (table_.find_group(path) != nullptr) {
    read_group(path, *value);
  } else {
    doubt(unknown_path(table_, path, place));
  }
}

void ConfigReader::read_group(const std::string& path, const YamlNode& node) {
  if (node.kind == YamlNode::Kind::Null && node.text.empty()) {
    return;  // A section whose settings are all commented out.
  }
  if (node.kind != YamlNode::Kind::Map) {
    doubt(wrong_shape(table_, *table_.find_group(path), node));
    return;
  }
  std::map<std::string, ConfigPlace> seen;
  for (const YamlEntry& entry : node.entries) {
    const auto [first, is_new] = seen.emplace(entry.key.text, entry.key.place);
    if (is_new) {
      read_entry(path, entry);
    } else {
      const std::string in = path.empty() ? "" : fmt::format(" in '{}'", path);
      errors_.push_back({entry.key.place, fmt::format("duplicate key '{}'{}", entry.key.text, in),
                         fmt::format("first given in line {}", first->second.line), path});
    }
  }
}

void ConfigReader::read_entry(const std::string& group, const YamlEntry& entry) {
  if (entry.key.kind != YamlNode::Kind::Scalar) {
    errors_.push_back({entry.key.place, "expected the name of a setting before ':'", "", group});
    return;
  }
  const std::string path = group.empty() ? entry.key.text : group + "." + entry.key.text;
  const bool is_here = entry.key.text.find('.') == std::string::npos;
  if (Option* option = is_here ? table_.find(path) : nullptr) {
    read_option(*option, entry.value);
  } else if (is_here && table_.find_group(path) != nullptr) {
    places_[path] = entry.key.place;
    read_group(path, entry.value);
  } else {
    doubt(unknown_key(table_, group, entry.key.text, entry.key.place));
  }
}

void ConfigReader::read_option(Option& option, const YamlNode& value) {
  places_[option.path] = value.place;
  if (option.kind == ValueKind::Structure) {
    option.assign_structure(value);
    return;
  }
  std::vector<const YamlNode*> scalars;
  if (value.kind == YamlNode::Kind::Scalar) {
    scalars.push_back(&value);  // Also the short form of a list with one element.
  } else if (value.kind == YamlNode::Kind::List && option.is_list) {
    std::transform(value.elements.begin(), value.elements.end(), std::back_inserter(scalars),
                   [](const YamlNode& element) { return &element; });
  } else if (value.kind != YamlNode::Kind::Null || !option.is_optional) {
    doubt(wrong_shape(option, value));
    return;
  }
  const std::size_t errors_before = errors_.size();
  std::vector<std::string> texts;
  for (const YamlNode* scalar : scalars) {
    const std::optional<ConfigError> error = scalar->kind == YamlNode::Kind::Scalar
                                                 ? check_scalar(option, *scalar)
                                                 : wrong_element(option, *scalar);
    if (error) {
      doubt(*error);
    }
    texts.push_back(scalar->text);
  }
  if (errors_.size() == errors_before) {
    option.assign(texts);
  }
}

void ConfigReader::require(bool holds, const std::vector<std::string>& paths,
                           const std::string& message, const std::string& hint) {
  const auto doubted = [&](const std::string& path) { return is_doubtful(path); };
  if (!holds && understood_ && std::none_of(paths.begin(), paths.end(), doubted)) {
    errors_.push_back({place_of(paths), message, hint, paths.front()});
  }
}

void ConfigReader::complain(ConfigError error) {
  if (understood_) doubt(std::move(error));
}

ConfigPlace ConfigReader::place_of(const std::vector<std::string>& paths) const {
  for (const std::string& path : paths) {
    if (const auto given = places_.find(path); given != places_.end()) {
      return given->second;
    }
  }
  for (std::string path = paths.front(); !path.empty(); path = parent_path(path)) {
    if (const auto given = places_.find(path); given != places_.end()) {
      return given->second;
    }
  }
  return {file_, 0, 0, 0};
}

void ConfigReader::doubt(ConfigError error) {
  doubtful_.insert(error.path);
  errors_.push_back(std::move(error));
}

bool ConfigReader::is_doubtful(const std::string& path) const {
  const bool itself = doubtful_.contains(path);
  return itself || (!path.empty() && is_doubtful(parent_path(path)));
}

void ConfigReader::finish(const std::string& program, Colors colors) const {
  if (!errors_.empty()) {
    throw UsageError(render_errors(errors_, program, colors));
  }
}

std::vector<ResolvedSetting> ConfigReader::settings() const {
  std::vector<ResolvedSetting> settings;
  for (const Option& option : table_.options) {
    const auto given = places_.find(option.path);
    settings.push_back({option.path, option.yaml(), option.default_yaml,
                        given == places_.end() ? "default" : origin_text(given->second)});
  }
  return settings;
}

}  // namespace greentrain
