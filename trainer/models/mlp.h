#pragma once

#include <memory>

#include "trainer/models/model.h"

namespace greentrain {

class DenseLayers;

/// Fully connected layers over flattened samples: [n, ...sample_shape] to [n, classes].
class Mlp final : public Model {
 public:
  Mlp(const ModelOptions& options, const DatasetInfo& data);
  at::Tensor forward(const at::Tensor& inputs) override;

 private:
  std::shared_ptr<DenseLayers> dense_;
};

}  // namespace greentrain
