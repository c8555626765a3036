#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

namespace greentrain {

/// Some samples, stacked along dimension 0.
struct Batch {
  at::Tensor inputs;   ///< float32 [n, ...sample_shape], or int64 [n, context] for text.
  /// int64 [n] class labels, int64 [n, context] next tokens, or float32 [n, info.targets] numbers.
  at::Tensor targets;
  std::int64_t samples{0};
};

struct DatasetInfo {
  std::string name;                        ///< For people: "digits.csv.gz".
  std::string sha256;                      ///< Over the files read, in order.
  std::vector<std::int64_t> sample_shape;  ///< [channels, height, width], [features] or [context].
  std::int64_t classes{0};  ///< A model's outputs: labels, the vocabulary of text, or `targets`.
  bool text{false};         ///< Targets are the next token of every position.
  std::int64_t targets{0};  ///< Numbers to predict of each sample; 0: they are classes or tokens.
};

/// Samples held in memory, read once. Immutable after construction, so threads may share it.
class Dataset {
 public:
  virtual ~Dataset() = default;
  virtual const DatasetInfo& info() const = 0;
  virtual std::int64_t size() const = 0;
  /// Class of every sample, for stratified splits; empty for text and numbers.
  virtual std::span<const std::int64_t> labels() const = 0;
  virtual Batch gather(std::span<const std::int64_t> indices) const = 0;
};

}  // namespace greentrain
