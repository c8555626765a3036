#pragma once

#include <memory>
#include <vector>

#include "trainer/models/model.h"

namespace greentrain {

class Convolution;
class DenseLayers;

/// A small convolutional network: [n, channels, height, width] to [n, classes]. Each stage is a
/// 3x3 convolution, ReLU and 2x2 max pooling, which halves the image, rounded down. There is no
/// batch normalisation, so a sample's logits depend on no other sample and on no number of ranks.
class Cnn final : public Model {
 public:
  Cnn(const ModelOptions& options, const DatasetInfo& data);
  at::Tensor forward(const at::Tensor& inputs) override;

 private:
  std::vector<std::shared_ptr<Convolution>> stages_;
  std::shared_ptr<DenseLayers> dense_;
};

}  // namespace greentrain
