#include "trainer/models/network.h"

#include <algorithm>
#include <utility>

#include "core/error.h"
#include "trainer/models/build_layers.h"
#include "trainer/models/recompute.h"
#include "trainer/models/spec/layer_kinds.h"

namespace greentrain {

Network::Network(ModelSpec spec, const DatasetInfo& data, bool recompute)
    : Model(data), spec_(std::move(spec)), is_text_(data.text) {
  layers_ = LayerBuilder().build(*this, spec_.layers);
  for (const LayerSpec& layer : spec_.layers) {
    recomputes_.push_back(recompute && is_container(layer.kind));
  }
  if (recompute && std::find(recomputes_.begin(), recomputes_.end(), true) == recomputes_.end()) {
    throw UsageError(
        "model.checkpoint_activations is true, but the model has no block and no residual to "
        "compute again: expected such a layer in model.spec, or resnet, vit or gpt");
  }
}

at::Tensor Network::forward(const at::Tensor& inputs) {
  at::Tensor x = is_text_ ? inputs : standardized(inputs);
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    if (before_layer_) before_layer_(i);
    const bool again = recomputes_[i] && is_training();
    x = again ? recomputed_forward(*layers_[i], x) : layers_[i]->forward(x);
  }
  return x;
}

}  // namespace greentrain
