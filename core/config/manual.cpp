#include "core/config/manual.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/config/reader/complaints.h"
#include "core/error.h"
#include "core/text.h"

namespace greentrain {
namespace {

std::string type_of(const Option& option) {
  const ValueSyntax& syntax = value_syntax(option.kind);
  const std::string type = option.is_list ? fmt::format("a list of {}", syntax.plural)
                           : option.kind == ValueKind::Choice
                               ? "one of " + join_with_or(option.choices)
                               : std::string(syntax.name);
  return type + (option.is_optional ? ", or null" : "");
}

/// A value somebody might write instead of the default.
std::string example_of(const Option& option) {
  const std::string value = option.kind == ValueKind::Choice
                                ? option.choices.back()
                                : std::string(value_syntax(option.kind).example);
  const bool has_default =
      option.default_yaml != "null" && option.default_yaml != "[]" && option.default_yaml != "\"\"";
  return has_default ? option.default_yaml : yaml_value({value}, option.kind, option.is_list);
}

std::string explain_option(const Option& option) {
  std::string text = fmt::format("{}\n  {}\n", option.path, option.help);
  const auto line = [&](const char* name, const std::string& value) {
    text += value.empty() ? "" : fmt::format("  {:<9} {}\n", name, value);
  };
  line("type:", type_of(option));
  line("units:", unit_names(option.kind));
  line("range:", option.range());
  line("default:", option.default_yaml);
  line("in YAML:",
       fmt::format("{}: {{{}: {}}}", parent_path(option.path), option.key(), example_of(option)));
  line("argument:", fmt::format("{}={}", option.path, example_of(option)));
  return text;
}

/// The help of each direct child of a group, in a column.
std::string explain_children(const OptionTable& table, const std::string& group) {
  std::string text;
  for (const std::string& key : table.keys(group)) {
    const std::string path = group.empty() ? key : group + "." + key;
    const Option* option = table.find(path);
    const std::string help = option ? option->help : table.find_group(path)->help;
    const std::string value = option ? fmt::format(" [{}]", option->default_yaml) : "";
    text += fmt::format("  {:<30} {}{}\n", path, help, value);
  }
  return text;
}

/// A text as a cell of a Markdown table.
std::string cell(std::string text) {
  for (std::size_t at = text.find('|'); at != std::string::npos; at = text.find('|', at + 2)) {
    text.insert(at, "\\");
  }
  return text;
}

std::string table_row(const Option& option) {
  return fmt::format("| `{}` | {} | `{}` | {} | {} |\n", option.key(), cell(type_of(option)),
                     cell(option.default_yaml), option.range(), cell(option.help));
}

std::string group_section(const OptionTable& table, const OptionGroup& group) {
  std::string text = fmt::format(
      "\n{} `{}`\n\n{}\n", parent_path(group.path).empty() ? "##" : "###", group.path, group.help);
  std::string rows;
  for (const Option& option : table.options) {
    rows += parent_path(option.path) == group.path ? table_row(option) : "";
  }
  return rows.empty()
             ? text
             : text + "\n| Key | Type | Default | Range | Meaning |\n|---|---|---|---|---|\n" +
                   rows;
}

std::string units_table() {
  constexpr std::array kKinds{ValueKind::Duration, ValueKind::Energy, ValueKind::Power,
                              ValueKind::Share, ValueKind::Intensity};
  std::string text = "\n| Value | Units | Example |\n|---|---|---|\n";
  for (const ValueKind kind : kKinds) {
    text += fmt::format("| {} | {} | `{}` |\n", value_syntax(kind).name, unit_names(kind),
                        value_syntax(kind).example);
  }
  return text;
}

}  // namespace

std::string explain(const OptionTable& table, const std::string& path) {
  if (const Option* option = table.find(path)) {
    return explain_option(*option);
  }
  if (const OptionGroup* group = table.find_group(path)) {
    return fmt::format("{}\n  {}\n\n{}", group->path, group->help, explain_children(table, path));
  }
  if (path.empty()) {
    return explain_children(table, "");
  }
  throw UsageError(
      fmt::format("no setting is called '{}'; {}", path, unknown_path(table, path, {}).hint));
}

std::string manual(const OptionTable& table, const std::string& program) {
  std::string text = fmt::format(
      "<!-- Written by `{0} config manual`; change the `describe` functions, not this page. -->\n"
      "# Settings\n\n"
      "`{0}` reads one YAML file. Arguments after it win over it: `train.batch_size=64`,\n"
      "`model.hidden=[64, 64]`. Unknown and repeated keys are errors, and all errors are shown at "
      "once.\n"
      "`{0} config check FILE` looks for them, `config show FILE` prints every setting with its\n"
      "origin, `config explain KEY` shows one of the entries below, and `config schema` prints a "
      "JSON\n"
      "Schema with which editors complete and check the file.\n\n"
      "Keys carry no unit, values do. A share may also be a plain number from 0 to 1. A list of "
      "one\n"
      "may be written without its brackets. Anchors and aliases are not used.\n",
      program);
  text += units_table();
  for (const OptionGroup& group : table.groups) {
    text += group_section(table, group);
  }
  return text;
}

}  // namespace greentrain
