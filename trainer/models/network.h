#pragma once

#include <memory>
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

 private:
  ModelSpec spec_;
  bool is_text_;
  std::vector<std::shared_ptr<Layer>> layers_;
  std::vector<bool> recomputes_;  ///< By layer.
};

}  // namespace greentrain
