#pragma once

#include <memory>
#include <vector>

#include "trainer/models/model.h"

namespace greentrain {

class Embedding;
class LayerNorm;
class TransformerBlock;

/// A small decoder: int64 tokens [n, t], t up to the context, to logits of the next token
/// [n, t, vocabulary]. Architecture and first weights of GPT-2 (Radford et al. 2019): learned
/// positions, normalisation before each part, GELU, residual projections scaled by
/// 1/sqrt(2 layers), and a head tied to the token vectors, unless model.tied is false:
/// tokens.weight serves both.
class Gpt final : public Model {
 public:
  Gpt(const ModelOptions& options, const DatasetInfo& data);
  at::Tensor forward(
      const at::Tensor& tokens) override;  ///< Throws Error when t is above the context.

 private:
  std::shared_ptr<Embedding> tokens_;
  std::shared_ptr<Embedding> positions_;
  std::vector<std::shared_ptr<TransformerBlock>> blocks_;
  std::shared_ptr<LayerNorm> norm_;
  std::shared_ptr<Embedding> head_;  ///< tokens_, or vectors of its own.
  double dropout_;
};

}  // namespace greentrain
