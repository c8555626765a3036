#include "core/config/json_schema.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace greentrain {
namespace {

using Json = nlohmann::ordered_json;

bool is_json_number(ValueKind kind) {
  return kind == ValueKind::Integer || kind == ValueKind::Number;
}

/// A number, then one of the units.
std::string unit_pattern(ValueKind kind) {
  std::string units;
  for (const Unit& unit : value_syntax(kind).units) {
    units += (units.empty() ? "" : "|") + std::string(unit.name);
  }
  return R"(^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)? *()" + units + ")$";
}

Json number_schema(const Option& option, const char* type) {
  Json schema{{"type", type}};
  if (!option.low.empty()) {
    schema["minimum"] = Json::parse(option.low);
    schema["maximum"] = Json::parse(option.high);
  }
  return schema;
}

Json scalar_schema(const Option& option) {
  switch (option.kind) {
    case ValueKind::Boolean:
      return {{"type", "boolean"}};
    case ValueKind::Integer:
      return number_schema(option, "integer");
    case ValueKind::Number:
      return number_schema(option, "number");
    case ValueKind::Text:
      return {{"type", "string"}};
    case ValueKind::Choice:
      return {{"enum", option.choices}};
    case ValueKind::Structure:
      return {{"type", "array"}, {"items", {{"type", {"object", "string"}}}}};
    case ValueKind::Share:
      return {{"anyOf",
               {{{"type", "string"}, {"pattern", unit_pattern(option.kind)}},
                {{"type", "number"}, {"minimum", 0}, {"maximum", 1}}}}};
    default:
      return {{"type", "string"}, {"pattern", unit_pattern(option.kind)}};
  }
}

Json scalar_value(const std::string& text, ValueKind kind) {
  return is_json_number(kind) || kind == ValueKind::Boolean ? Json::parse(text) : Json(text);
}

Json default_value(const Option& option) {
  const std::vector<std::string> texts = option.texts();
  if (option.kind == ValueKind::Structure) return Json::array();
  if (!option.is_list) {
    return texts.empty() ? Json(nullptr) : scalar_value(texts.front(), option.kind);
  }
  Json list = Json::array();
  for (const std::string& text : texts) {
    list.push_back(scalar_value(text, option.kind));
  }
  return list;
}

Json option_schema(const Option& option) {
  Json schema = scalar_schema(option);
  if (option.is_list) {
    schema = Json{{"anyOf", Json::array({Json{{"type", "array"}, {"items", schema}}, schema})}};
  } else if (option.is_optional) {
    schema = Json{{"anyOf", Json::array({schema, Json{{"type", "null"}}})}};
  }
  const std::string range = option.range().empty() ? "" : " Range: " + option.range() + ".";
  schema["description"] = option.help + range;
  schema["default"] = default_value(option);
  return schema;
}

/// A section may be empty in YAML, which is null.
Json group_schema(const OptionTable& table, const std::string& path, const std::string& help) {
  Json properties = Json::object();
  for (const std::string& key : table.keys(path)) {
    const std::string child = path.empty() ? key : path + "." + key;
    const Option* option = table.find(child);
    properties[key] =
        option ? option_schema(*option) : group_schema(table, child, table.find_group(child)->help);
  }
  return {{"description", help},
          {"type", {"object", "null"}},
          {"additionalProperties", false},
          {"properties", properties}};
}

}  // namespace

std::string json_schema(const OptionTable& table, const std::string& title) {
  Json schema{{"$schema", "https://json-schema.org/draft/2020-12/schema"}, {"title", title}};
  schema.update(group_schema(table, "", "All sections; each may be left out."));
  schema["type"] = "object";
  return schema.dump(2) + "\n";
}

}  // namespace greentrain
