#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "trainer/models/layers.h"
#include "trainer/models/model.h"

namespace greentrain {

/// The model that a spec describes: its layers, one after the other.
///
/// While training, batch normalisation sees the samples of one rank: logits depend on the number of
/// ranks. Running statistics, used in evaluation mode, are each rank's own until they are shared.
class Network final : public Model {
 public:
  /// `spec` went through infer_shapes() for samples of this shape.
  /// With `recompute`, blocks and residuals keep their inputs alone until backward.
  Network(ModelSpec spec, const DatasetInfo& data, bool recompute);
  at::Tensor forward(const at::Tensor& inputs) override;
  const ModelSpec& spec() const override { return spec_; }
  const std::vector<std::shared_ptr<Layer>>& layers() const override { return layers_; }
  void before_layers(std::function<void(std::size_t)> callback) override {
    before_layer_ = std::move(callback);
  }

 private:
  ModelSpec spec_;
  bool is_text_;
  std::vector<std::shared_ptr<Layer>> layers_;
  std::vector<bool> recomputes_;  ///< By layer.
  std::function<void(std::size_t)> before_layer_;
};

}  // namespace greentrain
