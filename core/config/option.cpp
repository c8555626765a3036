#include "core/config/option.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "core/text.h"

namespace greentrain {
namespace {

/// Whether every YAML reader takes the text as a string even without quotes.
bool is_plain(const std::string& text) {
  constexpr std::array<std::string_view, 12> kReserved{"true", "false", "null", "yes", "no",  "on",
                                                       "off",  "y",     "n",    "inf", "nan", "~"};
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto is_safe = [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '/' || c == '.' || c == '-';
  };
  std::string lower = text;
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return !text.empty() && (is_letter(text[0]) || text[0] == '/') &&
         std::all_of(text.begin(), text.end(), is_safe) &&
         std::find(kReserved.begin(), kReserved.end(), lower) == kReserved.end();
}

std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (char c : text) {
    result += c == '"' || c == '\\' ? std::string{'\\', c} : std::string{c};
  }
  return result + "\"";
}

template <class Entries>
auto* find_path(Entries& entries, std::string_view path) {
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [&](const auto& entry) { return entry.path == path; });
  return found == entries.end() ? nullptr : &*found;
}

}  // namespace

std::string parent_path(std::string_view path) {
  const std::size_t dot = path.rfind('.');
  return dot == std::string_view::npos ? "" : std::string(path.substr(0, dot));
}

std::string last_key(std::string_view path) {
  return std::string(path.substr(path.rfind('.') + 1));
}

std::string yaml_value(const std::vector<std::string>& texts, ValueKind kind, bool is_list) {
  if (texts.empty() && !is_list) {
    return "null";
  }
  std::string result;
  for (const std::string& text : texts) {
    result += result.empty() ? "" : ", ";
    result += kind == ValueKind::Text && !is_plain(text) ? quoted(text) : text;
  }
  return is_list ? "[" + result + "]" : result;
}

std::string Option::key() const { return last_key(path); }

std::string Option::yaml() const { return yaml_value(texts(), kind, is_list); }

std::string Option::range() const { return low.empty() ? "" : low + " to " + high; }

std::string Option::expected() const {
  if (kind == ValueKind::Choice) {
    return join_with_or(choices);
  }
  const std::string name(value_syntax(kind).name);
  if (low.empty()) {
    return name;
  }
  return value_syntax(kind).units.empty() ? name + " from " + range() : range();
}

Option* OptionTable::find(std::string_view path) { return find_path(options, path); }

const Option* OptionTable::find(std::string_view path) const { return find_path(options, path); }

const OptionGroup* OptionTable::find_group(std::string_view path) const {
  return find_path(groups, path);
}

std::vector<std::string> OptionTable::keys(std::string_view group) const {
  std::vector<std::string> result;
  for (const Option& option : options) {
    if (parent_path(option.path) == group) {
      result.push_back(option.key());
    }
  }
  for (const OptionGroup& inner : groups) {
    if (parent_path(inner.path) == group) {
      result.push_back(last_key(inner.path));
    }
  }
  return result;
}

}  // namespace greentrain
