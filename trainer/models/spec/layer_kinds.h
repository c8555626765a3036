#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/config/collect_options.h"
#include "trainer/models/spec/model_spec.h"

namespace greentrain {

/// Every kind of layer with its defaults, in the order of the table in docs/models.md.
std::vector<LayerKind> all_layer_kinds();
std::optional<LayerKind> layer_kind(std::string_view type);

/// The kind's arguments, bound to it; the first may be written after the type.
inline OptionTable arguments_of(LayerKind& kind) {
  return std::visit([](auto& alternative) { return collect_options(alternative); }, kind);
}

inline bool is_container(const LayerKind& kind) {
  return std::holds_alternative<spec::Block>(kind) || std::holds_alternative<spec::Residual>(kind);
}

/// Whether `classes` may stand for the number: the outputs of a model, the tokens of a text.
inline bool may_be_classes(const LayerKind& kind, const std::string& argument) {
  return (std::holds_alternative<spec::Linear>(kind) && argument == "width") ||
         (std::holds_alternative<spec::Embedding>(kind) && argument == "count");
}

/// The tables of all layers in Markdown, as they stand in docs/models.md.
std::string layer_manual();

}  // namespace greentrain
