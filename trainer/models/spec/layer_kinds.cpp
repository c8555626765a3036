#include "trainer/models/spec/layer_kinds.h"

#include <fmt/format.h>

namespace greentrain {
namespace {

template <std::size_t... I>
std::vector<LayerKind> every_kind(std::index_sequence<I...>) {
  return {LayerKind(std::in_place_index<I>)...};
}

std::string type_name(const LayerKind& kind) {
  return std::visit([](const auto& k) { return std::string(k.kType); }, kind);
}

std::string range_of(const Option& option) {
  if (option.kind == ValueKind::Choice) return fmt::format("{}", fmt::join(option.choices, ", "));
  return option.range().empty() ? std::string(value_syntax(option.kind).name) : option.range();
}

std::string argument_rows(const LayerKind& kind) {
  LayerKind defaults = kind;
  std::string rows;
  for (const Option& option : arguments_of(defaults).options) {
    const auto texts = option.texts();
    const bool required = !texts.empty() && (texts[0].empty() || option.check(texts[0]));
    const bool classes = may_be_classes(kind, option.path) && option.default_yaml == "null";
    rows += fmt::format("| | `{}` | {} | {} | {} |\n", option.path,
                        required  ? "must be given"
                        : classes ? "`classes`"
                                  : "`" + option.default_yaml + "`",
                        range_of(option), option.help);
  }
  return rows;
}

}  // namespace

std::vector<LayerKind> all_layer_kinds() {
  return every_kind(std::make_index_sequence<std::variant_size_v<LayerKind>>());
}

std::optional<LayerKind> layer_kind(std::string_view type) {
  for (LayerKind& kind : all_layer_kinds()) {
    if (type_name(kind) == type) return std::move(kind);
  }
  return std::nullopt;
}

std::string layer_manual() {
  std::string text = "| Layer | Argument | Default | Range | Meaning |\n|---|---|---|---|---|\n";
  for (const LayerKind& kind : all_layer_kinds()) {
    const auto [shapes, help] = std::visit(
        [](const auto& k) { return std::pair(std::string(k.kShapes), std::string(k.kHelp)); },
        kind);
    text += fmt::format("| `{}` | | | {} | {} |\n", type_name(kind), shapes, help);
    text += argument_rows(kind);
  }
  return text;
}

}  // namespace greentrain
