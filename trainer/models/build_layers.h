#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "trainer/models/layers.h"
#include "trainer/models/transformer_layers.h"

namespace greentrain {

/// Makes the modules of a spec whose shapes are known, in the spec's order, in which first weights
/// are drawn.
class LayerBuilder {
 public:
  /// One module for each layer, registered in `scope` by its name; a name with dots makes modules
  /// in between. The layers of a block without a name are registered in `scope` themselves.
  std::vector<std::shared_ptr<Layer>> build(torch::nn::Module& scope,
                                            const std::vector<LayerSpec>& layers);

 private:
  std::shared_ptr<Layer> build_one(torch::nn::Module& scope, const LayerSpec& layer);
  std::shared_ptr<Layer> container(torch::nn::Module& scope, const LayerSpec& layer);

  std::map<std::string, std::shared_ptr<Embedding>> embeddings_;
};

}  // namespace greentrain
