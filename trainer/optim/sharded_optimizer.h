#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "comm/exchange/gradient_exchange.h"
#include "trainer/optim/decay_ranges.h"
#include "trainer/optim/flat_parameters.h"
#include "trainer/optim/optim_options.h"
#include "trainer/optim/step_judge.h"

namespace greentrain {

/// Updates the blocks of the flat buffer that this rank owns, each while its gradients are in the
/// cache, and holds the optimizer's state for them only (ZeRO-1, Rajbhandari et al. 2020).
///
/// sgd: g += weight_decay p; b = momentum b + g (b = g at first); p -= rate b, or with nesterov
/// p -= rate (g + momentum b) (Sutskever et al. 2013). This is torch.optim.SGD. adam:
/// torch.optim.Adam. adamw: torch.optim.AdamW, that is Loshchilov and Hutter 2019
/// (arXiv 1711.05101), algorithm 2, where the decay is rate * weight_decay * p. With bfloat16
/// parameters the update works on a float32 master copy of the shard and rounds it.
///
/// With an average, the shard also holds a float32 average of its parameters that moves towards
/// them by 1 - min(average, (1 + t) / (10 + t)) after step t (Polyak and Juditsky 1992; the share
/// of the first steps is TensorFlow's). Running statistics have none.
///
/// With a clip, gradients are scaled so that the norm of all of them together is clip_norm at most
/// (Pascanu et al. 2013, arXiv 1211.5063). With it, or when the judge asks for the norm, the update
/// waits for all of them. The norm is made of what all ranks share, in one order: every rank has
/// the same bits and judges alike.
class ShardedOptimizer final : public BlockOwner {
 public:
  /// The parameters are bound to the exchange.
  ShardedOptimizer(const OptimizerOptions& options, const FlatParameters& parameters,
                   GradientExchange& exchange, StepJudge judge);

  /// Before the exchange's begin_step(). The statistics become the mean over the shares.
  void begin_step(const StepNumbers& numbers);
  void agreed(const Record& votes) override;
  void update(const ReducedBlock& block) override;
  /// After the exchange's finish_step(): updates what waited for the norm. Collective.
  void finish_step();

  /// Exchanges the parameters for their average, or back; the caller publishes them. Between
  /// steps, and twice between two of them.
  void swap_average();
  /// Keeps a copy of this rank's share of weights, statistics and state.
  void take_snapshot();
  /// Writes it back; the exchange's publish() comes next. Throws Error where none was taken.
  void restore_snapshot();

  /// Norm of all gradients before the clip; only where something asks for it.
  double gradient_norm() const { return gradient_norm_; }

 private:
  struct Block {
    std::size_t number;
    std::size_t shard_offset;
    std::size_t size;
  };
  /// All that a step changes. Dense shards.
  struct Snapshot {
    std::vector<std::byte> values;  ///< As the exchange holds them, statistics included.
    std::vector<float> mean, mean_square, master, average;
    std::int64_t steps;
  };
  bool waits_for_norm() const { return options_.clip_norm > 0 || judge_.accepts_norm; }
  void keep(const ReducedBlock& block);
  void update_with_norm();
  void clip_by_value(std::span<float> gradients) const;
  double clipped_squares(std::span<float> gradients) const;
  double norm_of_all();
  template <class Visit>
  void for_own_bytes(Visit visit) const;
  void update_parameters(const Block& block, std::span<const float> gradients);
  void update_values(const Block& block, std::span<const float> gradients, std::span<float> values);
  void update_piece(double weight_decay, std::span<const float> gradients, std::span<float> values,
                    std::span<float> mean, std::span<float> mean_square);
  void follow(const Block& block, std::span<const float> values);  ///< The average does.
  void write_statistics(std::size_t block, std::span<const float> sums);
  std::byte* values_of(std::size_t block) const;
  template <class Visit>
  void for_own_blocks(Visit visit) const;  ///< (const Block&): those of parameters.

  OptimizerOptions options_;
  GradientExchange& exchange_;
  DecayRanges decay_ranges_;
  bool bfloat16_;
  std::size_t statistics_begin_;
  std::vector<float> mean_;         ///< adamw: first moment; sgd: momentum. Dense shard.
  std::vector<float> mean_square_;  ///< adamw only.
  std::vector<float> master_;       ///< float32 values; bfloat16 parameters only.
  std::vector<float> average_;      ///< Of the values; with options.average only.
  bool averaged_{false};            ///< The parameters are the average at present.
  std::vector<float> kept_;         ///< Gradients until their norm is known.
  std::vector<Block> kept_blocks_;
  std::vector<double> squares_;  ///< Of the gradients, by block of the whole buffer.
  std::int64_t steps_{0};
  double learning_rate_{0};
  double gradient_scale_{1};
  double gradient_norm_{0};
  float shares_{1};
  double loss_scale_{1};
  std::optional<Snapshot> snapshot_;
  StepJudge judge_;
  bool updates_{true};
};

}  // namespace greentrain
