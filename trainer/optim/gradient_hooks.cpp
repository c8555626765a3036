#include "trainer/optim/gradient_hooks.h"

#include <bit>
#include <cstring>
#include <memory>
#include <utility>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/zeros_like.h>
#include <torch/csrc/autograd/function_hook.h>
#include <torch/csrc/autograd/variable.h>

#include "comm/arena/sum.h"
#include "core/error.h"

namespace greentrain {
namespace {

constexpr int kTimedSteps = 10;

bool plain(const at::Tensor& tensor, at::ScalarType type) {
  return tensor.is_cpu() && tensor.scalar_type() == type && tensor.is_contiguous();
}

// The same as copy_() and add_(), without their cost for small tensors.
void copy_into(const at::Tensor& from, at::Tensor to) {
  if (!plain(from, to.scalar_type())) {
    to.copy_(from);
  } else if (from.nbytes() > 0) {
    std::memcpy(to.data_ptr(), from.const_data_ptr(), from.nbytes());
  }
}

void add_into(const at::Tensor& from, at::Tensor to) {
  if (!plain(from, at::kFloat)) {
    to.add_(from);
  } else {
    add_float32(from.const_data_ptr<float>(), to.data_ptr<float>(),
                static_cast<std::size_t>(to.numel()));
  }
}

int ones(int value) { return std::popcount(static_cast<unsigned>(value)); }

}  // namespace

/// Runs in backward, when autograd has added up a parameter's gradient.
class GradientHooks::Hook final : public torch::autograd::PostAccumulateGradHook {
 public:
  Hook(GradientHooks& owner, std::size_t index) : owner_(owner), index_(index) {}
  void operator()(const at::Tensor& parameter) override {
    const at::NoGradGuard no_grad;
    at::Tensor& gradient = parameter.mutable_grad();
    owner_.bring(index_, gradient);
    gradient.reset();
  }

 private:
  GradientHooks& owner_;
  std::size_t index_;
};

GradientHooks::GradientHooks(FlatParameters& parameters, GradientExchange& exchange,
                             int micro_batches, const Clock& clock)
    : GradientHooks(
          parameters,
          at::from_blob(exchange.gradients().data(),
                        {static_cast<std::int64_t>(parameters.shape().elements)},
                        parameters.type()),
          [&exchange](std::size_t tensor) { exchange.parameter_ready(tensor); }, micro_batches,
          clock) {}

GradientHooks::GradientHooks(FlatParameters& parameters, at::Tensor gradients,
                             std::function<void(std::size_t)> ready, int micro_batches,
                             const Clock& clock)
    : parameters_(parameters),
      ready_(std::move(ready)),
      clock_(clock),
      micro_batches_(micro_batches),
      arrived_(parameters.shape().parameters.size()),
      ready_seconds_(arrived_.size()) {
  if (micro_batches < 1 || (micro_batches > 1 && parameters.type() != at::kFloat)) {
    throw Error("micro-batches of a step: expected 1, or more with float32 gradients");
  }
  partial_sums_.push_back(std::move(gradients));
  for (int batch = 4; batch <= micro_batches; batch *= 2) {
    partial_sums_.push_back(at::zeros_like(partial_sums_.front()));
  }
  for (std::size_t index = 0; index < parameters.parameters().size(); ++index) {
    torch::autograd::impl::set_post_acc_grad_hooks(parameters.parameters()[index].tensor,
                                                   std::make_unique<Hook>(*this, index));
  }
}

GradientHooks::~GradientHooks() {
  for (const ParameterSlice& parameter : parameters_.parameters()) {
    torch::autograd::impl::set_post_acc_grad_hooks(parameter.tensor, nullptr);
  }
}

void GradientHooks::begin(int micro_batch, Samples samples) {
  const at::NoGradGuard no_grad;
  micro_batch_ = micro_batch;
  arrived_.assign(arrived_.size(), false);
  began_ = clock_.now();
  if (samples == Samples::None) return;
  const std::size_t first = parameters_.parameters().size();
  for (std::size_t index = first; index < arrived_.size(); ++index) {
    bring(index, slice(index).tensor);
  }
}

void GradientHooks::end() {
  const at::NoGradGuard no_grad;
  for (std::size_t index = 0; index < arrived_.size(); ++index) {
    if (!arrived_[index]) bring_zeros(index);
  }
  if (is_last() && timed_steps_ < kTimedSteps) ++timed_steps_;
  if (!is_last()) parameters_.restore_statistics();  // Not before: backward reads them.
}

// The first of a pair waits for the second. One that is left over at the end has none, and is added
// to the sum before it.
bool GradientHooks::waits() const {
  return micro_batch_ % 2 == 0 && (micro_batch_ == 0 || !is_last());
}

// Of the partial sum that this micro-batch goes to: as many as its pair's number has ones wait.
int GradientHooks::level() const {
  const int waiting = ones(micro_batch_ & ~1);
  return micro_batch_ % 2 == 0 && !waits() ? waiting - 1 : waiting;
}

void GradientHooks::bring(std::size_t index, const at::Tensor& value) {
  const at::Tensor sum = place(level(), index);
  waits() ? copy_into(value, sum) : add_into(value, sum);
  arrived(index);
}

void GradientHooks::bring_zeros(std::size_t index) {
  if (waits()) place(level(), index).zero_();
  arrived(index);
}

// Adds up the pairs that are complete now, and in the end all that are left.
void GradientHooks::arrived(std::size_t index) {
  arrived_[index] = true;
  int from = level();
  const auto complete = [&](int bit) {
    return (micro_batch_ & 1) != 0 && (micro_batch_ & bit) != 0;
  };
  for (int bit = 2; from > 0 && (is_last() || complete(bit)); bit *= 2, --from) {
    add_into(place(from, index), place(from - 1, index));
  }
  if (!is_last()) return;
  if (timed_steps_ < kTimedSteps) {
    ready_seconds_[index] += Seconds(clock_.now() - began_).count();
  }
  ready_(index);
}

bool GradientHooks::times_are_known() const { return timed_steps_ == kTimedSteps; }

std::vector<double> GradientHooks::ready_seconds() const {
  std::vector<double> mean = ready_seconds_;
  for (double& seconds : mean) seconds /= timed_steps_;
  return mean;
}

at::Tensor GradientHooks::place(int level, std::size_t index) const {
  return slice(index).in(partial_sums_[static_cast<std::size_t>(level)]);
}

const ParameterSlice& GradientHooks::slice(std::size_t index) const {
  const std::size_t parameters = parameters_.parameters().size();
  return index < parameters ? parameters_.parameters()[index]
                            : parameters_.statistics()[index - parameters];
}

}  // namespace greentrain
