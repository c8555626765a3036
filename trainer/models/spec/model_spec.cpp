#include "trainer/models/spec/model_spec.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace greentrain {
namespace {

template <class... Kinds>
bool is_one_of(const LayerSpec& layer) {
  return (std::holds_alternative<Kinds>(layer.kind) || ...);
}

}  // namespace

std::string to_string(const Activation& activation) {
  return fmt::format("{}[{}]", activation.is_text ? "text " : "",
                     fmt::join(activation.shape, ", "));
}

std::string type_of(const LayerSpec& layer) {
  return std::visit([](const auto& kind) { return std::string(kind.kType); }, layer.kind);
}

bool has_weights(const LayerSpec& layer) {
  return is_one_of<spec::Linear, spec::Conv, spec::BatchNorm, spec::LayerNorm, spec::Embedding,
                   spec::Positions, spec::Patches, spec::ClassToken, spec::Attention>(layer);
}

std::string label_of(const LayerSpec& layer) {
  const bool by_number =
      layer.where.ends_with("[" + layer.name + "]") || layer.name.starts_with(kShortcut);
  const bool named = !layer.name.empty() && !by_number;
  return fmt::format("{}{} ({}{})",
                     layer.place.source ? origin_text(layer.place) + ": " : std::string(),
                     layer.where, type_of(layer), named ? " '" + layer.name + "'" : "");
}

}  // namespace greentrain
