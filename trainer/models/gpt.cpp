#include "trainer/models/gpt.h"

#include <cmath>
#include <string>

#include <ATen/ops/dropout.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/error.h"
#include "trainer/models/layers.h"

namespace greentrain {
namespace {

constexpr double kDeviation = 0.02;          // Of all weights of GPT-2
constexpr double kPositionDeviation = 0.01;  // but the positions.

double residual_deviation(std::int64_t layers) {
  return kDeviation / std::sqrt(2.0 * static_cast<double>(layers));
}

void check_fit(const ModelOptions& options, const DatasetInfo& data) {
  if (!data.text || data.sample_shape.size() != 1) {
    throw UsageError(fmt::format(
        "model.type is gpt, which reads text, but the samples of {} are numbers of shape [{}]; set "
        "data.format: text, or another model.type",
        data.name, fmt::join(data.sample_shape, ", ")));
  }
  if (options.width % options.heads != 0) {
    throw UsageError(fmt::format("model.width is {}, expected a multiple of model.heads, {}",
                                 options.width, options.heads));
  }
  if (options.vocabulary != 0 && options.vocabulary < data.classes) {
    throw UsageError(
        fmt::format("model.vocabulary is {}, but {} has {} tokens; set it to 0 or to {} or more",
                    options.vocabulary, data.name, data.classes, data.classes));
  }
}

/// Each token takes from those before it and itself: [n, t, width] to the same.
class Attention final : public torch::nn::Module {
 public:
  explicit Attention(const ModelOptions& options)
      : heads_(options.heads),
        dropout_(options.dropout.value),
        qkv_(register_module(
            "qkv", std::make_shared<Linear>(options.width, 3 * options.width, kDeviation))),
        projection_(register_module(
            "projection", std::make_shared<Linear>(options.width, options.width,
                                                   residual_deviation(options.layers)))) {}

  at::Tensor forward(const at::Tensor& x) const {
    // [n, t, 3 width] -> [3, n, heads, t, width / heads]
    const auto parts =
        qkv_->forward(x).unflatten(-1, {3, heads_, x.size(-1) / heads_}).permute({2, 0, 3, 1, 4});
    const auto taken = at::scaled_dot_product_attention(
        parts[0], parts[1], parts[2], /*attn_mask=*/{}, is_training() ? dropout_ : 0.0,
        /*is_causal=*/true);
    const auto joined = taken.transpose(1, 2).flatten(2);
    return at::dropout(projection_->forward(joined), dropout_, is_training());
  }

 private:
  std::int64_t heads_;
  double dropout_;
  std::shared_ptr<Linear> qkv_;
  std::shared_ptr<Linear> projection_;
};

/// Two layers, four times as wide between them, on each token alone.
class FeedForward final : public torch::nn::Module {
 public:
  explicit FeedForward(const ModelOptions& options)
      : dropout_(options.dropout.value),
        expand_(register_module(
            "expand", std::make_shared<Linear>(options.width, 4 * options.width, kDeviation))),
        contract_(register_module("contract",
                                  std::make_shared<Linear>(4 * options.width, options.width,
                                                           residual_deviation(options.layers)))) {}

  at::Tensor forward(const at::Tensor& x) const {
    const auto wide = at::gelu(expand_->forward(x), "tanh");
    return at::dropout(contract_->forward(wide), dropout_, is_training());
  }

 private:
  double dropout_;
  std::shared_ptr<Linear> expand_;
  std::shared_ptr<Linear> contract_;
};

}  // namespace

class TransformerBlock final : public torch::nn::Module {
 public:
  explicit TransformerBlock(const ModelOptions& options)
      : attention_norm_(
            register_module("attention_norm", std::make_shared<LayerNorm>(options.width))),
        attention_(register_module("attention", std::make_shared<Attention>(options))),
        mlp_norm_(register_module("mlp_norm", std::make_shared<LayerNorm>(options.width))),
        mlp_(register_module("mlp", std::make_shared<FeedForward>(options))) {}

  at::Tensor forward(const at::Tensor& x) const {
    const auto attended = x + attention_->forward(attention_norm_->forward(x));
    return attended + mlp_->forward(mlp_norm_->forward(attended));
  }

 private:
  std::shared_ptr<LayerNorm> attention_norm_;
  std::shared_ptr<Attention> attention_;
  std::shared_ptr<LayerNorm> mlp_norm_;
  std::shared_ptr<FeedForward> mlp_;
};

Gpt::Gpt(const ModelOptions& options, const DatasetInfo& data) : dropout_(options.dropout.value) {
  check_fit(options, data);
  const std::int64_t vocabulary = options.vocabulary == 0 ? data.classes : options.vocabulary;
  tokens_ =
      register_module("tokens", std::make_shared<Embedding>(vocabulary, options.width, kDeviation));
  positions_ = register_module(
      "positions",
      std::make_shared<Embedding>(data.sample_shape[0], options.width, kPositionDeviation));
  auto blocks = register_module("blocks", std::make_shared<torch::nn::Module>());
  for (std::int64_t i = 0; i < options.layers; ++i) {
    blocks_.push_back(
        blocks->register_module(std::to_string(i), std::make_shared<TransformerBlock>(options)));
  }
  norm_ = register_module("norm", std::make_shared<LayerNorm>(options.width));
  head_ = options.tied ? tokens_
                       : register_module("head", std::make_shared<Embedding>(
                                                     vocabulary, options.width, kDeviation));
}

at::Tensor Gpt::forward(const at::Tensor& tokens) {
  const std::int64_t length = tokens.size(1);
  const std::int64_t context = positions_->weight().size(0);
  if (length > context) {
    throw Error(fmt::format("gpt got [{}] tokens, expected at most {} per sample, its context",
                            fmt::join(tokens.sizes(), ", "), context));
  }
  at::Tensor x = tokens_->forward(tokens) + positions_->weight().narrow(0, 0, length);
  x = at::dropout(x, dropout_, is_training());
  for (const auto& block : blocks_) x = block->forward(x);
  return at::linear(norm_->forward(x), head_->weight());
}

}  // namespace greentrain
