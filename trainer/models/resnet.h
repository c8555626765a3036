#pragma once

#include <memory>
#include <vector>

#include "trainer/models/model.h"

namespace greentrain {

class Linear;
class NormalizedConvolution;
class ResidualBlock;

/// The residual network for small images of He et al. 2015 (arXiv 1512.03385), section 4.2:
/// [n, channels, height, width] to [n, classes]. A 3x3 convolution, three stages of (depth - 2) / 6
/// blocks of two, with 16, 32 and 64 channels, mean over the pixels and a linear layer. Shortcuts
/// into a narrower stage take every second pixel and fill new channels with zeros (option A).
///
/// While training, batch normalisation sees the samples of one rank: logits depend on the number of
/// ranks. Running statistics, used in evaluation mode, are each rank's own until they are shared.
class Resnet final : public Model {
 public:
  Resnet(const ModelOptions& options, const DatasetInfo& data);
  at::Tensor forward(const at::Tensor& inputs) override;

 private:
  std::shared_ptr<NormalizedConvolution> first_;
  std::vector<std::shared_ptr<ResidualBlock>> blocks_;
  std::shared_ptr<Linear> output_;
  double dropout_;
};

}  // namespace greentrain
