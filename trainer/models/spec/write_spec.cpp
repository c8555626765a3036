#include "trainer/models/spec/write_spec.h"

#include <fmt/format.h>

#include "trainer/models/spec/layer_kinds.h"

namespace greentrain {
namespace {

std::string argument_value(const LayerKind& kind, const Option& option) {
  const bool classes = may_be_classes(kind, option.path) && option.texts().empty();
  return classes ? "classes" : option.yaml();
}

/// ", kernel: 5" for each argument but the first that has not its default.
std::string further_arguments(const LayerKind& kind, const OptionTable& arguments) {
  std::string text;
  for (std::size_t i = 1; i < arguments.options.size(); ++i) {
    const Option& option = arguments.options[i];
    LayerKind plain = *layer_kind(type_of({.kind = kind}));
    if (option.yaml() == arguments_of(plain).options[i].yaml()) continue;
    text += fmt::format(", {}: {}", option.path, argument_value(kind, option));
  }
  return text;
}

std::string simple_layer(const LayerSpec& layer, const std::string& name) {
  LayerKind kind = layer.kind;
  const OptionTable arguments = arguments_of(kind);
  const std::string further =
      further_arguments(kind, arguments) + (name.empty() ? "" : ", name: " + name);
  std::string first;
  if (!arguments.options.empty()) {
    LayerKind plain = *layer_kind(type_of(layer));
    const std::string value = argument_value(kind, arguments.options[0]);
    const bool differs = value != arguments_of(plain).options[0].yaml();
    if (differs || !further.empty()) first = value;
  }
  if (first.empty() && further.empty()) return type_of(layer);
  return fmt::format("{{{}: {}{}}}", type_of(layer), first.empty() ? "null" : first, further);
}

std::string list(const std::vector<LayerSpec>& layers, int indent, const std::string& prefix = "");

std::string container(const LayerSpec& layer, const std::string& name, int indent) {
  const std::string pad(static_cast<std::size_t>(indent) + 2, ' ');
  std::string text = type_of(layer) + ":\n" + list(layer.layers, indent + 4);
  if (!layer.shortcut.empty())
    text += pad + "shortcut:\n" + list(layer.shortcut, indent + 4, kShortcut);
  if (layer.name.empty()) return text + pad + "name: \"\"\n";
  return name.empty() ? text : text + pad + "name: " + name + "\n";
}

std::string list(const std::vector<LayerSpec>& layers, int indent, const std::string& prefix) {
  std::string text;
  for (const LayerSpec& layer : layers) {
    const bool by_number = layer.name == prefix + std::to_string(&layer - layers.data());
    const bool needs_name = has_weights(layer) || is_container(layer.kind);
    const std::string name = by_number || !needs_name ? "" : layer.name;
    text += std::string(static_cast<std::size_t>(indent), ' ') + "- ";
    text += is_container(layer.kind) ? container(layer, name, indent)
                                     : simple_layer(layer, name) + "\n";
  }
  return text;
}

}  // namespace

std::string write_spec(const ModelSpec& spec, int indent) { return list(spec.layers, indent); }

}  // namespace greentrain
