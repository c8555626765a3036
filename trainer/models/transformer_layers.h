#pragma once

#include <memory>

#include "trainer/models/layers.h"

namespace greentrain {

/// int64 [...] to [..., width].
class Embedding final : public Layer {
 public:
  explicit Embedding(const spec::Embedding& embedding);
  at::Tensor forward(const at::Tensor& indices) override;
  const at::Tensor& weight() const { return weight_; }  ///< [count, width]

 private:
  at::Tensor weight_;
};

/// A linear layer that computes with the vectors of an embedding.
class Tied final : public Layer {
 public:
  explicit Tied(std::shared_ptr<Embedding> embedding) : embedding_(std::move(embedding)) {}
  at::Tensor forward(const at::Tensor& x) override;

 private:
  std::shared_ptr<Embedding> embedding_;  // Registered where it stands, not here.
};

/// Reads sequences up to the length it was made for; throws Error for longer ones.
class Positions final : public Layer {
 public:
  Positions(const spec::Positions& positions, std::int64_t tokens, std::int64_t width);
  at::Tensor forward(const at::Tensor& x) override;

 private:
  at::Tensor weight_;  // [tokens, width]
};

class Patches final : public Layer {
 public:
  Patches(const spec::Patches& patches, std::int64_t channels);
  at::Tensor forward(const at::Tensor& x) override;

 private:
  std::int64_t size_;
  at::Tensor weight_;  // [width, channels, size, size]
  at::Tensor bias_;
};

class ClassToken final : public Layer {
 public:
  explicit ClassToken(std::int64_t width);
  at::Tensor forward(const at::Tensor& x) override;

 private:
  at::Tensor weight_;  // [1, width]
};

/// Scaled dot-product attention with several heads: [n, t, width] to the same.
class Attention final : public Layer {
 public:
  Attention(const spec::Attention& attention, std::int64_t width);
  at::Tensor forward(const at::Tensor& x) override;

 private:
  std::int64_t heads_;
  bool causal_;
  double dropout_;
  std::shared_ptr<Linear> qkv_;
  std::shared_ptr<Linear> projection_;
};

}  // namespace greentrain
