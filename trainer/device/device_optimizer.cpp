#include "trainer/device/device_optimizer.h"

#include <algorithm>
#include <utility>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/_fused_adam.h>
#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/_fused_sgd.h>
#include <ATen/ops/add.h>
#include <ATen/ops/clamp_min.h>
#include <ATen/ops/dot.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/zeros.h>
#include <c10/core/StreamGuard.h>

namespace greentrain {
namespace {

// Without asking the driver whose memory it is.
at::Tensor view(const float* data, std::size_t elements, const at::TensorOptions& options) {
  return at::for_blob(const_cast<float*>(data), {static_cast<std::int64_t>(elements)})
      .target_device(options.device())
      .options(options)
      .make_tensor();
}

at::Tensor part(const at::Tensor& tensor, std::size_t offset, std::size_t elements) {
  return tensor.narrow(0, static_cast<std::int64_t>(offset), static_cast<std::int64_t>(elements));
}

}  // namespace

DeviceOptimizer::DeviceOptimizer(const OptimizerOptions& options, double clip_norm,
                                 std::size_t statistics_begin, DeviceExchange& exchange,
                                 c10::Stream stream, DecayRanges decay_ranges)
    : options_(options),
      clip_norm_(clip_norm),
      statistics_begin_(statistics_begin),
      decay_ranges_(std::move(decay_ranges)),
      exchange_(exchange),
      stream_(stream),
      floats_(at::TensorOptions(stream.device()).dtype(at::kFloat)) {
  const c10::StreamGuard guard(stream_);
  const auto size = static_cast<std::int64_t>(exchange.shards().shard_size());
  const bool adam = options.type != OptimizerType::Sgd;
  if (adam || options.momentum > 0) mean_ = at::zeros({size}, floats_);
  if (adam) mean_square_ = at::zeros({size}, floats_);
  if (adam) steps_ = at::zeros({}, floats_);
  if (clip_norm_ == 0) return;
  square_ = at::zeros({1}, floats_);
  squares_ = at::zeros({exchange.shards().ranks()}, floats_);
}

void DeviceOptimizer::begin_step(double learning_rate, int shares) {
  const at::NoGradGuard no_grad;
  const c10::StreamGuard guard(stream_);
  learning_rate_ = learning_rate;
  shares_ = shares;
  kept_.clear();
  // The fused kernel corrects the bias of step 1, 2, ... but does not count.
  if (steps_.defined()) steps_.add_(1);
  if (square_.defined()) square_.zero_();
}

void DeviceOptimizer::update(const ReducedShard& reduced) {
  const at::NoGradGuard no_grad;
  const c10::StreamGuard guard(stream_);
  const DeviceShard& shard = reduced.shard;
  const at::Tensor gradients = sum_of(reduced);
  const at::Tensor parameters = view(reduced.parameters, shard.elements, floats_);
  const std::size_t trained =
      std::clamp(statistics_begin_, shard.offset, shard.offset + shard.elements) - shard.offset;
  if (trained < shard.elements) {
    const std::size_t rest = shard.elements - trained;
    part(parameters, trained, rest).copy_(part(gradients, trained, rest)).div_(shares_);
  }
  if (trained == 0) return;
  Piece piece{part(gradients, 0, trained), part(parameters, 0, trained), shard.shard_offset,
              shard.offset};
  if (options_.clip_value > 0) {
    piece.gradients.clamp_(-options_.clip_value, options_.clip_value);
  }
  if (clip_norm_ > 0) {
    square_.add_(at::dot(piece.gradients, piece.gradients));
    kept_.push_back(std::move(piece));
  } else {
    update_parameters(piece);
  }
}

at::Tensor DeviceOptimizer::sum_of(const ReducedShard& reduced) {
  const DeviceShard& shard = reduced.shard;
  const auto source = [&](std::size_t i) {
    return view(reduced.gradients[i], shard.elements, floats_);
  };
  if (reduced.gradients.size() == 1) return source(0);
  if (!sums_.defined()) {
    sums_ = at::zeros({static_cast<std::int64_t>(exchange_.shards().shard_size())}, floats_);
  }
  at::Tensor sum = part(sums_, shard.shard_offset, shard.elements);
  at::add_out(sum, source(0), source(1));
  for (std::size_t i = 2; i < reduced.gradients.size(); ++i) sum.add_(source(i));
  return sum;
}

void DeviceOptimizer::finish_step() {
  const at::NoGradGuard no_grad;
  const c10::StreamGuard guard(stream_);
  if (clip_norm_ > 0) clip();
  for (const Piece& piece : kept_) update_parameters(piece);
  first_step_ = false;
}

void DeviceOptimizer::clip() {
  exchange_.gather(square_.data_ptr<float>(), squares_.data_ptr<float>(), 1);
  gradient_norm_ = squares_.sum().sqrt_().view({1});
  gradient_divisor_ = gradient_norm_.div(clip_norm_).clamp_min_(1.0);
}

void DeviceOptimizer::update_parameters(const Piece& piece) {
  Group decaying{options_.weight_decay, {}, {}, {}, {}, {}};
  Group others{0, {}, {}, {}, {}, {}};
  const auto elements = static_cast<std::size_t>(piece.gradients.numel());
  decay_ranges_.cut(piece.offset, elements, [&](std::size_t begin, std::size_t size, bool decays) {
    Group& group = decays ? decaying : others;
    const std::size_t offset = begin - piece.offset;
    group.parameters.push_back(part(piece.parameters, offset, size));
    group.gradients.push_back(part(piece.gradients, offset, size));
    const std::size_t in_shard = piece.shard_offset + offset;
    if (mean_.defined()) group.mean.push_back(part(mean_, in_shard, size));
    if (mean_square_.defined()) group.mean_square.push_back(part(mean_square_, in_shard, size));
    group.steps.push_back(steps_);
  });
  for (const Group* group : {&decaying, &others}) {
    if (!group->parameters.empty()) update_group(*group);
  }
}

void DeviceOptimizer::update_group(const Group& group) {
  const auto scale = gradient_divisor_.defined() ? std::optional(gradient_divisor_) : std::nullopt;
  const OptimizerOptions& o = options_;
  constexpr bool kAmsgrad = false;
  constexpr bool kMaximize = false;
  constexpr double kDampening = 0;
  switch (o.type) {
    case OptimizerType::AdamW:
      at::_fused_adamw_(group.parameters, group.gradients, group.mean, group.mean_square, {},
                        group.steps, learning_rate_, o.beta1, o.beta2, group.weight_decay,
                        o.epsilon, kAmsgrad, kMaximize, scale);
      break;
    case OptimizerType::Adam:
      at::_fused_adam_(group.parameters, group.gradients, group.mean, group.mean_square, {},
                       group.steps, learning_rate_, o.beta1, o.beta2, group.weight_decay, o.epsilon,
                       kAmsgrad, kMaximize, scale);
      break;
    case OptimizerType::Sgd:
      at::_fused_sgd_(group.parameters, group.gradients, group.mean, group.weight_decay, o.momentum,
                      learning_rate_, kDampening, o.nesterov, kMaximize,
                      mean_.defined() && first_step_, scale);
  }
}

}  // namespace greentrain
