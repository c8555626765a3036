#include "trainer/optim/sharded_optimizer.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "comm/arena/sum.h"
#include "core/error.h"
#include "trainer/optim/fused_update.h"

namespace greentrain {
namespace {

constexpr std::size_t kBlock = BlockShards::kBlock;

}  // namespace

ShardedOptimizer::ShardedOptimizer(const OptimizerOptions& options,
                                   const FlatParameters& parameters, GradientExchange& exchange,
                                   StepJudge judge)
    : options_(options),
      exchange_(exchange),
      decay_ranges_(options.decay_on, parameters),
      bfloat16_(parameters.type() == at::kBFloat16),
      statistics_begin_(parameters.statistics_begin()),
      judge_(std::move(judge)) {
  const BlockShards& shards = exchange.shards();
  const std::size_t size = shards.shard_size(exchange.owner());
  const bool adam = options.type != OptimizerType::Sgd;
  if (adam || options.momentum > 0) mean_.resize(size);
  if (adam) mean_square_.resize(size);
  if (waits_for_norm()) {
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

void ShardedOptimizer::begin_step(const StepNumbers& numbers) {
  learning_rate_ = numbers.learning_rate;
  loss_scale_ = numbers.loss_scale;
  gradient_scale_ = 1 / loss_scale_;
  shares_ = static_cast<float>(numbers.shares);
  kept_blocks_.clear();
}

void ShardedOptimizer::agreed(const Record& votes) {
  updates_ = judge_.may_update(votes);
  if (updates_ && !waits_for_norm()) ++steps_;
}

void ShardedOptimizer::update(const ReducedBlock& block) {
  if (!updates_) return;
  if (waits_for_norm()) {
    keep(block);
  } else if (block.offset >= statistics_begin_) {
    write_statistics(block.block, block.gradients);
  } else {
    clip_by_value(block.gradients);
    update_parameters({block.block, block.shard_offset, block.gradients.size()}, block.gradients);
  }
}

void ShardedOptimizer::clip_by_value(std::span<float> gradients) const {
  if (options_.clip_value == 0) return;
  clip_values(gradients, static_cast<float>(options_.clip_value * loss_scale_));
}

void ShardedOptimizer::finish_step() {
  if (waits_for_norm() && updates_) update_with_norm();
}

void ShardedOptimizer::keep(const ReducedBlock& block) {
  squares_[block.block] = block.offset < statistics_begin_ ? clipped_squares(block.gradients) : 0;
  std::ranges::copy(block.gradients,
                    kept_.begin() + static_cast<std::ptrdiff_t>(block.shard_offset));
  kept_blocks_.push_back({block.block, block.shard_offset, block.gradients.size()});
}

// A clip by value would hide that a gradient is not finite.
double ShardedOptimizer::clipped_squares(std::span<float> gradients) const {
  const double before = sum_of_squares(gradients);
  if (options_.clip_value == 0 || !std::isfinite(before)) return before;
  clip_by_value(gradients);
  return sum_of_squares(gradients);
}

void ShardedOptimizer::update_with_norm() {
  gradient_norm_ = norm_of_all();
  if (judge_.accepts_norm && !judge_.accepts_norm(gradient_norm_)) return;
  ++steps_;
  if (options_.clip_norm > 0 && gradient_norm_ > options_.clip_norm) {
    gradient_scale_ *= options_.clip_norm / gradient_norm_;
  }
  for (const Block& block : kept_blocks_) {
    const auto sums = std::span(kept_).subspan(block.shard_offset, block.size);
    if (block.number * kBlock >= statistics_begin_) {
      write_statistics(block.number, sums);
    } else {
      update_parameters(block, sums);
    }
  }
}

double ShardedOptimizer::norm_of_all() {
  exchange_.share_by_block(squares_);
  double sum = 0;
  for (const double square : squares_) sum += square;  // In the blocks' order on every rank.
  return std::sqrt(sum) / loss_scale_;
}

// Of each block of this rank: its bytes, and where they begin in a dense copy.
template <class Visit>
void ShardedOptimizer::for_own_bytes(Visit visit) const {
  const BlockShards& shards = exchange_.shards();
  const std::size_t width = bfloat16_ ? sizeof(BFloat16) : sizeof(float);
  for (std::size_t block = shards.next_owned(0, exchange_.owner()); block < shards.blocks();
       block += static_cast<std::size_t>(shards.owners())) {
    visit(std::span(values_of(block), shards.block_size(block) * width),
          shards.shard_offset(block) * width);
  }
}

void ShardedOptimizer::take_snapshot() {
  if (!snapshot_) snapshot_.emplace();
  const std::size_t width = bfloat16_ ? sizeof(BFloat16) : sizeof(float);
  snapshot_->values.resize(exchange_.shards().shard_size(exchange_.owner()) * width);
  for_own_bytes([this](std::span<const std::byte> bytes, std::size_t offset) {
    std::ranges::copy(bytes, snapshot_->values.data() + offset);
  });
  snapshot_->mean = mean_;
  snapshot_->mean_square = mean_square_;
  snapshot_->master = master_;
  snapshot_->average = average_;
  snapshot_->steps = steps_;
}

void ShardedOptimizer::restore_snapshot() {
  if (!snapshot_) throw Error("weights cannot go back to a snapshot: none was taken");
  for_own_bytes([this](std::span<std::byte> bytes, std::size_t offset) {
    std::copy_n(snapshot_->values.data() + offset, bytes.size(), bytes.data());
  });
  mean_ = snapshot_->mean;
  mean_square_ = snapshot_->mean_square;
  master_ = snapshot_->master;
  average_ = snapshot_->average;
  steps_ = snapshot_->steps;
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

void ShardedOptimizer::write_statistics(std::size_t block, std::span<const float> sums) {
  auto* values = reinterpret_cast<float*>(values_of(block));
  for (std::size_t i = 0; i < sums.size(); ++i) values[i] = sums[i] / shares_;
}

std::byte* ShardedOptimizer::values_of(std::size_t block) const {
  const std::size_t width = bfloat16_ ? sizeof(BFloat16) : sizeof(float);
  return exchange_.parameters().data() + block * kBlock * width;
}

}  // namespace greentrain
