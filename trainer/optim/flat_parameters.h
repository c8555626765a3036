#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "comm/exchange/gradient_exchange.h"

namespace torch::nn {
class Module;
}

namespace greentrain {

/// One tensor's place in the flat buffer.
struct ParameterSlice {
  std::string name;
  at::Tensor tensor;    ///< The module's own.
  std::int64_t offset;  ///< In elements, a multiple of 16: tensors begin at 64 bytes.

  at::Tensor in(const at::Tensor& flat) const {  ///< The slice of a flat buffer, in shape.
    return flat.narrow(0, offset, tensor.numel()).view(tensor.sizes());
  }
};

/// A module's tensors in one flat buffer: first the parameters that are trained, each once however
/// many modules share it; then, from a block of their own on, the running statistics of batch
/// normalisation (running_mean, running_var), which every rank brings its own of. Frozen
/// parameters, statistics beside a frozen weight, and other buffers stay where they are.
///
/// bind() puts the parameters into the memory of a GradientExchange. The module must not move to
/// another device afterwards. One thread at a time.
class FlatParameters {
 public:
  /// Throws Error when the parameters are not all Float or all BFloat16, on different devices, or
  /// BFloat16 beside statistics, which it would round.
  explicit FlatParameters(torch::nn::Module& module);
  FlatParameters(const FlatParameters&) = delete;
  FlatParameters& operator=(const FlatParameters&) = delete;

  /// What to exchange: the slices in order, parameters first.
  const ExchangeShape& shape() const { return shape_; }
  const std::vector<ParameterSlice>& parameters() const { return parameters_; }
  const std::vector<ParameterSlice>& statistics() const { return statistics_; }
  /// The tensors of the exchange that are parameters or statistics of this part of the module.
  std::vector<std::size_t> tensors_of(const torch::nn::Module& part) const;
  std::size_t statistics_begin() const { return statistics_begin_; }  ///< Element; a block's first.
  at::ScalarType type() const { return type_; }

  /// Puts the present values into the exchange's memory; from then on the module computes with what
  /// is there (on a GPU: with a copy of it). Collective; all ranks hold the same values.
  void bind(GradientExchange& exchange);
  /// The same with memory on the module's own device: values is [shape().elements], float32.
  void bind(const at::Tensor& values);
  /// After publish(): the module sees the new values and statistics, and counts one more batch.
  void updated();
  /// updated() in parts, where values come one after the other: first this, once;
  void count_batch();
  /// then this for each tensor of the exchange that is there.
  void updated(std::size_t tensor);
  /// After publish(): the module sees the new values, and nothing else changes.
  void refresh();
  /// Undoes what forward did to the statistics, for another micro-batch to start from the same.
  void restore_statistics();
  /// Gives the module memory of its own again, with the present values.
  void release();

 private:
  struct BatchCount {
    at::Tensor tensor;  ///< num_batches_tracked
    std::int64_t batches;
  };

  at::Tensor copy_of_all() const;

  std::vector<ParameterSlice> parameters_;
  std::vector<ParameterSlice> statistics_;
  std::vector<BatchCount> counts_;
  at::ScalarType type_{at::kFloat};
  at::Device device_{at::kCPU};
  std::size_t statistics_begin_{0};
  ExchangeShape shape_;
  at::Tensor shared_;     ///< [elements] in the exchange's memory.
  at::Tensor on_device_;  ///< Its copy on a GPU; undefined on a CPU.
};

}  // namespace greentrain
