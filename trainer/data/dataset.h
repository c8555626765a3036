#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>

namespace greentrain {

/// Some samples, stacked along dimension 0.
struct Batch {
  at::Tensor inputs;  ///< float32 [n, ...sample_shape], or int64 [n, context] for text.
  /// int64 [n] class labels, int64 [n, context] next tokens, or float32 [n, info.targets] numbers.
  at::Tensor targets;
  std::int64_t samples{0};
  /// float32 [n]: what each sample's loss is multiplied with; 0 when it could not be read.
  /// Undefined: all 1.
  at::Tensor weights{};
  /// Of the samples mixed into these, as `targets`; and float32 [n], the share that is not theirs.
  /// Undefined: nothing is mixed in.
  at::Tensor other_targets{};
  at::Tensor shares{};
};

/// Whether this sample of the batch could be read. The batch is on the CPU.
bool is_readable(const Batch& batch, std::size_t row);

std::int64_t count_readable(const Batch& batch);  ///< Samples of it; the batch is on the CPU.

/// Makes `tensor` one of this shape and type on the CPU, in the memory it has where that fits.
at::Tensor& reuse(at::Tensor& tensor, at::IntArrayRef shape, at::ScalarType type);

struct DatasetInfo {
  std::string name;                        ///< For people: "digits.csv.gz".
  std::string sha256;                      ///< Over the files read, in order.
  std::vector<std::int64_t> sample_shape;  ///< [channels, height, width], [features] or [context].
  std::int64_t classes{0};  ///< A model's outputs: labels, the vocabulary of text, or `targets`.
  bool text{false};         ///< Targets are the next token of every position.
  std::int64_t targets{0};  ///< Numbers to predict of each sample; 0: they are classes or tokens.
  std::pair<double, double> target_range{};  ///< The least and the most of these numbers.
  bool decoded{false};                       ///< Each sample is decoded anew whenever it is read.
};

/// Samples in memory or in files. Immutable after construction, so threads may share it.
class Dataset {
 public:
  virtual ~Dataset() = default;
  virtual const DatasetInfo& info() const = 0;
  virtual std::int64_t size() const = 0;
  /// Class of every sample, for stratified splits; empty for text and numbers.
  virtual std::span<const std::int64_t> labels() const = 0;
  /// Makes `into` these samples, in the memory that its tensors have where that fits.
  virtual void read(std::span<const std::int64_t> indices, Batch& into) const = 0;
  /// Names of the samples that could not be read so far, and have weight 0 instead.
  virtual std::vector<std::string> unreadable() const { return {}; }

  Batch gather(std::span<const std::int64_t> indices) const {
    Batch batch;
    read(indices, batch);
    return batch;
  }
};

}  // namespace greentrain
