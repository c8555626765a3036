#include "trainer/optim/sharded_optimizer.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "comm/arena/sum.h"
#include "trainer/optim/fused_update.h"

namespace greentrain {
namespace {

constexpr std::size_t kBlock = BlockShards::kBlock;

}  // namespace

ShardedOptimizer::ShardedOptimizer(const OptimizerOptions& options,
                                   const FlatParameters& parameters, GradientExchange& exchange,
                                   GoAhead go_ahead)
    : options_(options),
      exchange_(exchange),
      bfloat16_(parameters.type() == at::kBFloat16),
      statistics_begin_(parameters.statistics_begin()),
      go_ahead_(std::move(go_ahead)) {
  const BlockShards& shards = exchange.shards();
  const std::size_t size = shards.shard_size(exchange.owner());
  const bool adamw = options.type == OptimizerType::AdamW;
  if (adamw || options.momentum > 0) mean_.resize(size);
  if (adamw) mean_square_.resize(size);
  if (options.clip_norm > 0) {
    kept_.resize(size);
    squares_.resize(shards.blocks());
  }
  if (!bfloat16_) return;
  master_.resize(size);
  for (std::size_t block = shards.next_owned(0, exchange.owner()); block < shards.blocks();
       block += static_cast<std::size_t>(shards.owners())) {
    const auto* values = reinterpret_cast<const BFloat16*>(values_of(block));
    for (std::size_t i = 0; i < shards.block_size(block); ++i) {
      master_[shards.shard_offset(block) + i] = to_float(values[i]);
    }
  }
}

void ShardedOptimizer::begin_step(double learning_rate, int shares) {
  learning_rate_ = learning_rate;
  gradient_scale_ = 1;
  shares_ = static_cast<float>(shares);
  kept_blocks_.clear();
}

void ShardedOptimizer::agreed(const Record& votes) {
  updates_ = go_ahead_(votes);
  if (updates_) ++steps_;
}

void ShardedOptimizer::update(const ReducedBlock& block) {
  if (!updates_) return;
  if (block.offset >= statistics_begin_) {
    write_statistics(block);
  } else if (options_.clip_norm > 0) {
    keep(block);
  } else {
    update_parameters({block.block, block.shard_offset, block.gradients.size()}, block.gradients);
  }
}

void ShardedOptimizer::finish_step() {
  if (options_.clip_norm > 0 && updates_) clip_and_update();
}

void ShardedOptimizer::keep(const ReducedBlock& block) {
  std::ranges::copy(block.gradients,
                    kept_.begin() + static_cast<std::ptrdiff_t>(block.shard_offset));
  kept_blocks_.push_back({block.block, block.shard_offset, block.gradients.size()});
  squares_[block.block] = sum_of_squares(block.gradients);
}

void ShardedOptimizer::clip_and_update() {
  exchange_.share_by_block(squares_);
  double sum = 0;
  for (const double square : squares_) sum += square;  // In the blocks' order on every rank.
  gradient_norm_ = std::sqrt(sum);
  if (gradient_norm_ > options_.clip_norm) gradient_scale_ = options_.clip_norm / gradient_norm_;
  for (const Block& block : kept_blocks_) {
    update_parameters(block, std::span(kept_).subspan(block.shard_offset, block.size));
  }
}

void ShardedOptimizer::update_parameters(const Block& block, std::span<const float> gradients) {
  if (!bfloat16_) {
    update_values(block, gradients,
                  {reinterpret_cast<float*>(values_of(block.number)), block.size});
    return;
  }
  const auto master = std::span(master_).subspan(block.shard_offset, block.size);
  update_values(block, gradients, master);
  to_bfloat16(master.data(), reinterpret_cast<BFloat16*>(values_of(block.number)), master.size());
}

void ShardedOptimizer::update_values(const Block& block, std::span<const float> gradients,
                                     std::span<float> values) {
  const auto of_shard = [&](std::vector<float>& state) {
    return state.empty() ? std::span<float>()
                         : std::span(state).subspan(block.shard_offset, block.size);
  };
  if (options_.type == OptimizerType::AdamW) {
    adamw_update({learning_rate_, options_.beta1, options_.beta2, options_.epsilon,
                  options_.weight_decay, steps_, gradient_scale_},
                 gradients, values, of_shard(mean_), of_shard(mean_square_));
  } else {
    sgd_update(
        {learning_rate_, options_.momentum, options_.weight_decay, steps_ == 1, gradient_scale_},
        gradients, values, of_shard(mean_));
  }
}

void ShardedOptimizer::write_statistics(const ReducedBlock& block) {
  auto* values = reinterpret_cast<float*>(values_of(block.block));
  for (std::size_t i = 0; i < block.gradients.size(); ++i) values[i] = block.gradients[i] / shares_;
}

std::byte* ShardedOptimizer::values_of(std::size_t block) const {
  const std::size_t width = bfloat16_ ? sizeof(BFloat16) : sizeof(float);
  return exchange_.parameters().data() + block * kBlock * width;
}

}  // namespace greentrain
