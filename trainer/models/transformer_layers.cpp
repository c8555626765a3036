#include "trainer/models/transformer_layers.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/zeros.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/error.h"
#include "trainer/models/initial_values.h"

namespace greentrain {
namespace {

/// The weights for queries, keys and values are three layers in one tensor, and drawn as such.
std::shared_ptr<Linear> make_qkv(const spec::Attention& attention, std::int64_t width) {
  spec::Linear linear{.width = 3 * width, .weights = attention.weights};
  if (attention.weights.init != spec::Init::Xavier) return std::make_shared<Linear>(linear, width);
  linear.weights.init = spec::Init::Zeros;
  auto qkv = std::make_shared<Linear>(linear, width);
  const at::NoGradGuard no_grad;
  for (const std::int64_t part : {0, 1, 2}) {
    qkv->named_parameters()["weight"]
        .narrow(0, part * width, width)
        .copy_(initial_values({width, width}, spec::Init::Xavier, 0, {width, width}));
  }
  return qkv;
}

spec::Linear projection_of(const spec::Attention& attention, std::int64_t width) {
  spec::Linear linear{.width = width, .weights = attention.weights};
  linear.weights.deviation = attention.projection_deviation.value_or(linear.weights.deviation);
  return linear;
}

}  // namespace

Embedding::Embedding(const spec::Embedding& embedding)
    : weight_(register_parameter(
          "weight", initial_values({*embedding.count, embedding.width}, spec::Init::Normal,
                                   embedding.deviation, {1, 1}))) {}

at::Tensor Embedding::forward(const at::Tensor& indices) { return at::embedding(weight_, indices); }

at::Tensor Tied::forward(const at::Tensor& x) { return at::linear(x, embedding_->weight()); }

Positions::Positions(const spec::Positions& positions, std::int64_t tokens, std::int64_t width)
    : weight_(register_parameter("weight", initial_values({tokens, width}, spec::Init::Normal,
                                                          positions.deviation, {1, 1}))) {}

at::Tensor Positions::forward(const at::Tensor& x) {
  const std::int64_t length = x.size(1);
  if (length > weight_.size(0)) {
    throw Error(
        fmt::format("the model got [{}] tokens, expected at most {} per sample, its context",
                    fmt::join(x.sizes().slice(0, 2), ", "), weight_.size(0)));
  }
  return x + weight_.narrow(0, 0, length);
}

Patches::Patches(const spec::Patches& patches, std::int64_t channels)
    : size_(patches.size),
      weight_(register_parameter(
          "weight",
          initial_values({patches.width, channels, size_, size_},
                         patches.weights.init.value_or(spec::Init::Lecun),
                         patches.weights.deviation, {channels * size_ * size_, patches.width}))),
      bias_(register_parameter("bias", at::zeros({patches.width}, at::kFloat))) {}

at::Tensor Patches::forward(const at::Tensor& x) {
  return at::conv2d(x, weight_, bias_, /*stride=*/size_).flatten(2).transpose(1, 2);
}

ClassToken::ClassToken(std::int64_t width)
    : weight_(register_parameter("weight", at::zeros({1, width}, at::kFloat))) {}

at::Tensor ClassToken::forward(const at::Tensor& x) {
  return at::cat({weight_.to(x.scalar_type()).expand({x.size(0), 1, x.size(2)}), x}, 1);
}

Attention::Attention(const spec::Attention& attention, std::int64_t width)
    : heads_(attention.heads),
      causal_(attention.causal),
      dropout_(attention.dropout.value),
      qkv_(register_module("qkv", make_qkv(attention, width))),
      projection_(register_module(
          "projection", std::make_shared<Linear>(projection_of(attention, width), width))) {}

at::Tensor Attention::forward(const at::Tensor& x) {
  // [n, t, 3 width] -> [3, n, heads, t, width / heads]
  const auto parts =
      qkv_->forward(x).unflatten(-1, {3, heads_, x.size(-1) / heads_}).permute({2, 0, 3, 1, 4});
  const auto taken =
      at::scaled_dot_product_attention(parts[0], parts[1], parts[2],
                                       /*attn_mask=*/{}, is_training() ? dropout_ : 0.0, causal_);
  return projection_->forward(taken.transpose(1, 2).flatten(2));
}

}  // namespace greentrain
