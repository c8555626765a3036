#include "core/config/reader/complaints.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "core/config/decimal.h"
#include "core/text.h"

namespace greentrain {
namespace {

/// How options and choices are spelled: "Batch-Size" is "batch_size".
std::string usual_spelling(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) {
    return c == '-' ? '_' : static_cast<char>(std::tolower(c));
  });
  return text;
}

std::string shortened(const std::string& text) {
  constexpr std::size_t kLongest = 60;
  std::size_t end = std::min(text.size(), kLongest);
  while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) {
    --end;  // Not through the middle of a character.
  }
  return text.substr(0, end) + (end < text.size() ? "..." : "");
}

std::string found(const YamlNode& value) {
  switch (value.kind) {
    case YamlNode::Kind::Null:
      return value.text.empty() ? "empty" : value.text;
    case YamlNode::Kind::List:
      return "a list";
    case YamlNode::Kind::Map:
      return "a map";
    case YamlNode::Kind::Scalar:
      break;
  }
  const bool is_number = Decimal::read(value.text).has_value();
  return value.is_quoted ? "the text \"" + shortened(value.text) + "\""
         : is_number     ? shortened(value.text)
                         : "'" + shortened(value.text) + "'";
}

std::string did_you_mean(const std::optional<std::string>& word) {
  return word ? "did you mean '" + *word + "'?" : "";
}

std::string scalar_hint(const Option& option, const YamlNode& scalar, ValueProblem problem) {
  const std::string word = usual_spelling(scalar.text);
  if (option.kind == ValueKind::Choice) {
    return did_you_mean(closest(word, option.choices));
  }
  if (option.kind == ValueKind::Boolean && (word == "yes" || word == "on")) {
    return did_you_mean("true");
  }
  if (option.kind == ValueKind::Boolean && (word == "no" || word == "off")) {
    return did_you_mean("false");
  }
  const std::string units = unit_names(option.kind);
  if (units.empty() || problem == ValueProblem::OutOfRange || problem == ValueProblem::TooFine) {
    return "";
  }
  if (option.kind == ValueKind::Share && problem == ValueProblem::NoUnit) {
    return did_you_mean(scalar.text + "%");
  }
  return fmt::format("write it with a unit ({}), such as {}", units,
                     value_syntax(option.kind).example);
}

/// Kinds that YAML knows without quotes: in quotes they are texts, to us and to every editor.
bool refuses_quotes(ValueKind kind) {
  return kind == ValueKind::Boolean || kind == ValueKind::Integer || kind == ValueKind::Number;
}

/// "model" and "train.optimizer" for "type": where else a key is known.
std::vector<std::string> owners_of(const OptionTable& table, const std::string& key) {
  std::vector<std::string> owners;
  for (const Option& option : table.options) {
    if (option.key() == key) {
      owners.push_back("'" + parent_path(option.path) + "'");
    }
  }
  for (const OptionGroup& group : table.groups) {
    if (last_key(group.path) == key && !parent_path(group.path).empty()) {
      owners.push_back("'" + parent_path(group.path) + "'");
    }
  }
  return owners;
}

std::string join_path(const std::string& group, const std::string& key) {
  return group.empty() ? key : group + "." + key;
}

/// "learning_rate" for "lr".
std::optional<std::string> spelled_out(const std::string& initials,
                                       const std::vector<std::string>& keys) {
  for (const std::string& key : keys) {
    std::string firsts = key.substr(0, 1);
    for (std::size_t at = key.find('_'); at != std::string::npos; at = key.find('_', at + 1)) {
      firsts += key.substr(at + 1, 1);
    }
    if (firsts == initials && firsts.size() > 1) {
      return key;
    }
  }
  return std::nullopt;
}

std::optional<std::string> similar_key(const std::string& word,
                                       const std::vector<std::string>& keys) {
  const std::optional<std::string> key = spelled_out(word, keys);
  return key ? key : closest(word, keys);
}

/// A setting anywhere whose key looks like `key`.
std::optional<std::string> closest_elsewhere(const OptionTable& table, const std::string& key) {
  std::vector<std::string> keys;
  for (const Option& option : table.options) {
    keys.push_back(option.key());
  }
  const std::optional<std::string> guess = similar_key(key, keys);
  if (!guess) {
    return std::nullopt;
  }
  const auto index = std::find(keys.begin(), keys.end(), *guess) - keys.begin();
  return table.options[static_cast<std::size_t>(index)].path;
}

std::string settings_of(const OptionTable& table, const std::string& group) {
  return fmt::format("{}: {}", group.empty() ? "sections" : "its settings",
                     fmt::join(table.keys(group), ", "));
}

/// What a key was meant to be, and the setting or group to read about.
struct Guess {
  std::string hint;
  std::string path;
};

Guess guess_key(const OptionTable& table, const std::string& group, const std::string& key) {
  const std::string word = usual_spelling(key);
  if (table.find(word) != nullptr) {  // "train.epochs: 5" as one key.
    const std::string owner = parent_path(word);
    return {fmt::format("write '{}' under '{}'", last_key(word), owner), word};
  }
  if (table.find(group) != nullptr) {
    return {fmt::format("'{}' is one setting, not a group of them", group), group};
  }
  if (key.find(':') != std::string::npos) {
    return {"write a space after ':'", ""};
  }
  const std::vector<std::string> siblings = table.keys(group);
  const std::vector<std::string> owners = owners_of(table, word);
  const bool is_here = std::find(siblings.begin(), siblings.end(), word) != siblings.end();
  if (!owners.empty() && !is_here) {
    const std::string first = owners.front().substr(1, owners.front().size() - 2);
    return {fmt::format("'{}' belongs under {}", word, join_with_or(owners)),
            join_path(first, word)};
  }
  if (const std::optional<std::string> sibling = similar_key(word, siblings)) {
    return {did_you_mean(sibling), join_path(group, *sibling)};
  }
  if (const std::optional<std::string> other = closest_elsewhere(table, word)) {
    return {did_you_mean(other), *other};
  }
  return {settings_of(table, group), ""};
}

}  // namespace

std::optional<ConfigError> check_scalar(const Option& option, const YamlNode& scalar) {
  const auto error = [&](const std::string& what, const std::string& hint) {
    const char* verb = option.is_list ? "holds" : "is";
    return ConfigError{scalar.place,
                       fmt::format("{} {} {}{}, expected {}", option.path, verb, found(scalar),
                                   what, option.expected()),
                       hint, option.path};
  };
  if (scalar.is_quoted && refuses_quotes(option.kind)) {
    return error("", "remove the quotes");
  }
  const MaybeProblem problem = option.check(scalar.text);
  if (!problem) {
    return std::nullopt;
  }
  const std::string what = option.kind == ValueKind::Text      ? " with a control character"
                           : *problem == ValueProblem::NoUnit  ? " without a unit"
                           : *problem == ValueProblem::TooFine ? ", finer than 1ms"
                                                               : "";
  return error(what, scalar_hint(option, scalar, *problem));
}

ConfigError wrong_shape(const Option& option, const YamlNode& value) {
  const bool is_empty = value.kind == YamlNode::Kind::Null;
  const std::string hint = is_empty && option.is_list                   ? "[] is the empty list"
                           : is_empty && option.kind == ValueKind::Text ? "\"\" is the empty text"
                                                                        : "";
  const std::string expected = option.is_list
                                   ? fmt::format("a list of {}", value_syntax(option.kind).plural)
                                   : option.expected();
  return {value.place, fmt::format("{} is {}, expected {}", option.path, found(value), expected),
          hint, option.path};
}

ConfigError wrong_element(const Option& option, const YamlNode& element) {
  return {element.place,
          fmt::format("{} holds {}, expected {}", option.path, found(element), option.expected()),
          "", option.path};
}

ConfigError wrong_shape(const OptionTable& table, const OptionGroup& group, const YamlNode& value) {
  return {value.place,
          fmt::format("{} is {}, expected a group of settings", group.path, found(value)),
          settings_of(table, group.path), group.path};
}

ConfigError unknown_key(const OptionTable& table, const std::string& group, const std::string& key,
                        const ConfigPlace& place) {
  const Guess guess = guess_key(table, group, key);
  const std::string what = group.empty()
                               ? fmt::format("unknown section '{}'", shortened(key))
                               : fmt::format("unknown key '{}' in '{}'", shortened(key), group);
  return {place, what, guess.hint, guess.path};
}

ConfigError unknown_path(const OptionTable& table, const std::string& path, ConfigPlace place) {
  std::string known;  // The part of the path that leads somewhere.
  std::size_t end = path.find('.');
  while (end != std::string::npos && (table.find_group(path.substr(0, end)) != nullptr ||
                                      table.find(path.substr(0, end)) != nullptr)) {
    known = path.substr(0, end);
    end = path.find('.', end + 1);
  }
  const std::size_t begin = known.empty() ? 0 : known.size() + 1;
  const std::string key = path.substr(begin, end == std::string::npos ? end : end - begin);
  place.column += begin;
  place.length = std::max<std::size_t>(key.size(), 1);
  return unknown_key(table, known, key, place);
}

}  // namespace greentrain
