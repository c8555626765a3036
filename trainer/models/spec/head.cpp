#include "trainer/models/spec/head.h"

#include <fmt/format.h>

#include "core/error.h"

namespace greentrain {

std::string head_of(const ModelSpec& spec) {
  std::string head;
  const LayerSpec* tied = nullptr;
  for_each_layer(spec.layers, [&](const LayerSpec& layer, const std::string& path) {
    if (layer.as<spec::Tied>() != nullptr) tied = &layer;
    if (!has_weights(layer)) return;
    head = path;
    tied = nullptr;
  });
  if (tied == nullptr) return head;
  throw UsageError(fmt::format(
      "model.new_head is true, but {} shares the weights of '{}', expected a head of its own: "
      "model.tied: false",
      label_of(*tied), tied->as<spec::Tied>()->embedding));
}

}  // namespace greentrain
