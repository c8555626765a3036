#include "trainer/device/device_optimizer.h"

#include <algorithm>

#include <ATen/core/grad_mode.h>
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
                                 c10::Stream stream)
    : options_(options),
      clip_norm_(clip_norm),
      statistics_begin_(statistics_begin),
      exchange_(exchange),
      stream_(stream),
      floats_(at::TensorOptions(stream.device()).dtype(at::kFloat)) {
  const c10::StreamGuard guard(stream_);
  const auto size = static_cast<std::int64_t>(exchange.shards().shard_size());
  const bool adamw = options.type == OptimizerType::AdamW;
  if (adamw || options.momentum > 0) mean_ = at::zeros({size}, floats_);
  if (adamw) mean_square_ = at::zeros({size}, floats_);
  if (adamw) steps_ = at::zeros({}, floats_);
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
  Piece piece{part(gradients, 0, trained), part(parameters, 0, trained), shard.shard_offset};
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
  const auto scale = gradient_divisor_.defined() ? std::optional(gradient_divisor_) : std::nullopt;
  if (options_.type == OptimizerType::AdamW) {
    at::_fused_adamw_(piece.parameters, piece.gradients, state(mean_, piece),
                      state(mean_square_, piece), /*max_exp_avg_sqs=*/{}, steps_, learning_rate_,
                      options_.beta1, options_.beta2, options_.weight_decay, options_.epsilon,
                      /*amsgrad=*/false, /*maximize=*/false, scale);
    return;
  }
  const at::Tensor velocity = mean_.defined() ? state(mean_, piece) : at::Tensor();
  at::_fused_sgd_(piece.parameters, piece.gradients,
                  mean_.defined() ? at::TensorList(velocity) : at::TensorList(),
                  options_.weight_decay, options_.momentum, learning_rate_, /*dampening=*/0.0,
                  /*nesterov=*/false, /*maximize=*/false, mean_.defined() && first_step_, scale);
}

at::Tensor DeviceOptimizer::state(const at::Tensor& of_shard, const Piece& piece) const {
  return part(of_shard, piece.shard_offset, static_cast<std::size_t>(piece.gradients.numel()));
}

}  // namespace greentrain
