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
      decay_ranges_(options.decay_on, parameters),
      bfloat16_(parameters.type() == at::kBFloat16),
      statistics_begin_(parameters.statistics_begin()),
      go_ahead_(std::move(go_ahead)) {
  const BlockShards& shards = exchange.shards();
  const std::size_t size = shards.shard_size(exchange.owner());
  const bool adam = options.type != OptimizerType::Sgd;
  if (adam || options.momentum > 0) mean_.resize(size);
  if (adam) mean_square_.resize(size);
  if (options.clip_norm > 0) {
    kept_.resize(size);
    squares_.resize(shards.blocks());
  }
  if (bfloat16_) master_.resize(size);
  if (options.average > 0) average_.resize(size);
  for_own_blocks([this](const Block& block) {
    const std::byte* values = values_of(block.number);
    for (std::size_t i = 0; i < block.size; ++i) {
      const float value = bfloat16_ ? to_float(reinterpret_cast<const BFloat16*>(values)[i])
                                    : reinterpret_cast<const float*>(values)[i];
      if (bfloat16_) master_[block.shard_offset + i] = value;
      if (!average_.empty()) average_[block.shard_offset + i] = value;
    }
  });
}

template <class Visit>
void ShardedOptimizer::for_own_blocks(Visit visit) const {
  const BlockShards& shards = exchange_.shards();
  for (std::size_t block = shards.next_owned(0, exchange_.owner());
       block < shards.blocks() && block * kBlock < statistics_begin_;
       block += static_cast<std::size_t>(shards.owners())) {
    visit(Block{block, shards.shard_offset(block), shards.block_size(block)});
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
    return;
  }
  if (options_.clip_value > 0) {
    clip_values(block.gradients, static_cast<float>(options_.clip_value));
  }
  if (options_.clip_norm > 0) {
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
    const std::span values{reinterpret_cast<float*>(values_of(block.number)), block.size};
    update_values(block, gradients, values);
    follow(block, values);
    return;
  }
  const auto master = std::span(master_).subspan(block.shard_offset, block.size);
  update_values(block, gradients, master);
  follow(block, master);
  to_bfloat16(master.data(), reinterpret_cast<BFloat16*>(values_of(block.number)), master.size());
}

void ShardedOptimizer::update_values(const Block& block, std::span<const float> gradients,
                                     std::span<float> values) {
  const std::size_t first = block.number * kBlock;
  decay_ranges_.cut(first, block.size, [&](std::size_t begin, std::size_t size, bool decays) {
    const std::size_t offset = begin - first;
    const auto of_shard = [&](std::vector<float>& state) {
      return state.empty() ? std::span<float>()
                           : std::span(state).subspan(block.shard_offset + offset, size);
    };
    update_piece(decays ? options_.weight_decay : 0, gradients.subspan(offset, size),
                 values.subspan(offset, size), of_shard(mean_), of_shard(mean_square_));
  });
}

void ShardedOptimizer::update_piece(double weight_decay, std::span<const float> gradients,
                                    std::span<float> values, std::span<float> mean,
                                    std::span<float> mean_square) {
  const AdamStep adam{learning_rate_, options_.beta1, options_.beta2, options_.epsilon,
                      weight_decay,   steps_,         gradient_scale_};
  switch (options_.type) {
    case OptimizerType::AdamW:
      adamw_update(adam, gradients, values, mean, mean_square);
      break;
    case OptimizerType::Adam:
      adam_update(adam, gradients, values, mean, mean_square);
      break;
    case OptimizerType::Sgd:
      sgd_update({learning_rate_, options_.momentum, weight_decay, steps_ == 1, options_.nesterov,
                  gradient_scale_},
                 gradients, values, mean);
  }
}

void ShardedOptimizer::follow(const Block& block, std::span<const float> values) {
  if (average_.empty()) return;
  const auto t = static_cast<double>(steps_);
  const double kept = std::min(options_.average, (1 + t) / (10 + t));
  average_update(static_cast<float>(1 - kept), values,
                 std::span(average_).subspan(block.shard_offset, block.size));
}

void ShardedOptimizer::swap_average() {
  if (average_.empty()) return;
  averaged_ = !averaged_;
  for_own_blocks([this](const Block& block) {
    float* average = average_.data() + block.shard_offset;
    if (bfloat16_) {
      to_bfloat16(averaged_ ? average : master_.data() + block.shard_offset,
                  reinterpret_cast<BFloat16*>(values_of(block.number)), block.size);
    } else {
      std::swap_ranges(average, average + block.size,
                       reinterpret_cast<float*>(values_of(block.number)));
    }
  });
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
