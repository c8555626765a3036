#pragma once

#include <cstddef>
#include <vector>

#include <ATen/core/Tensor.h>
#include <c10/core/Stream.h>

#include "comm/device/device_exchange.h"
#include "trainer/optim/decay_ranges.h"
#include "trainer/optim/optim_options.h"

namespace greentrain {

/// Updates this rank's shards of the flat buffer on its GPU, with torch's fused kernels, and holds
/// the optimizer's state for them only (ZeRO-1). The arithmetic is that of ShardedOptimizer. Never
/// waits for the GPU.
///
/// With a clip, gradients are scaled so that the norm of all of them together is clip_norm at most
/// (Pascanu et al. 2013, arXiv 1211.5063); the update then waits for all of them.
class DeviceOptimizer final : public DeviceShardOwner {
 public:
  /// stream: the exchange's, as torch sees it. statistics_begin: from this element of the flat
  /// buffer on there are running statistics, which become the mean over the ranks instead.
  /// clip_norm: 0 for none. It keeps no average.
  DeviceOptimizer(const OptimizerOptions& options, double clip_norm, std::size_t statistics_begin,
                  DeviceExchange& exchange, c10::Stream stream, DecayRanges decay_ranges = {});

  /// Before the exchange's begin_step(). shares: how many ranks brought statistics.
  void begin_step(double learning_rate, int shares);
  void update(const ReducedShard& shard) override;
  /// After the exchange's finish_step(): updates what the clip held back. Collective.
  void finish_step();

  /// [1], on the GPU: the norm of all gradients before the clip. Only with one.
  const at::Tensor& gradient_norm() const { return gradient_norm_; }

 private:
  /// Consecutive elements of the dense shard.
  struct Piece {
    at::Tensor gradients;
    at::Tensor parameters;
    std::size_t shard_offset;
    std::size_t offset;  ///< In the flat buffer.
  };
  /// What the fused kernels want: parts of pieces that have a weight decay in common.
  struct Group {
    double weight_decay;
    std::vector<at::Tensor> parameters;
    std::vector<at::Tensor> gradients;
    std::vector<at::Tensor> mean;
    std::vector<at::Tensor> mean_square;
    std::vector<at::Tensor> steps;
  };
  at::Tensor sum_of(const ReducedShard& shard);
  void update_parameters(const Piece& piece);
  void clip();
  void update_group(const Group& group);

  OptimizerOptions options_;
  double clip_norm_;
  std::size_t statistics_begin_;
  DecayRanges decay_ranges_;
  DeviceExchange& exchange_;
  c10::Stream stream_;
  at::TensorOptions floats_;
  at::Tensor mean_;         ///< adam, adamw: first moment; sgd: momentum. Dense shard.
  at::Tensor mean_square_;  ///< adam, adamw only.
  at::Tensor steps_;        ///< [], as the fused kernel wants it.
  at::Tensor sums_;         ///< Dense shard; only where the exchange leaves summing to its user.
  at::Tensor square_;       ///< [1]: of this rank's shards.
  at::Tensor squares_;      ///< [ranks]
  at::Tensor gradient_norm_;
  at::Tensor gradient_divisor_;  ///< [1]; undefined without a clip.
  std::vector<Piece> kept_;      ///< Until the norm is known.
  double learning_rate_{0};
  double shares_{1};
  bool first_step_{true};
};

}  // namespace greentrain
