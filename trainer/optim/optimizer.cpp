#include "trainer/optim/optimizer.h"

#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/_fused_sgd.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include "core/error.h"

namespace greentrain {
namespace {

class Sgd final : public Optimizer {
 public:
  explicit Sgd(const OptimizerOptions& options) : options_(options) {}

  void step(FlatParameters& parameters, double learning_rate) override {
    const bool with_momentum = options_.momentum > 0;  // Else the call refuses a buffer.
    const bool first = with_momentum && !velocity_.defined();
    if (first) velocity_ = at::zeros_like(parameters.values());
    at::_fused_sgd_(parameters.values(), parameters.gradients(),
                    with_momentum ? at::TensorList(velocity_) : at::TensorList(),
                    options_.weight_decay, options_.momentum, learning_rate, /*dampening=*/0.0,
                    /*nesterov=*/false, /*maximize=*/false, first);
  }

 private:
  OptimizerOptions options_;
  at::Tensor velocity_;
};

class AdamW final : public Optimizer {
 public:
  explicit AdamW(const OptimizerOptions& options) : options_(options) {}

  void step(FlatParameters& parameters, double learning_rate) override {
    if (!mean_.defined()) {
      mean_ = at::zeros_like(parameters.values());
      mean_square_ = at::zeros_like(parameters.values());
      steps_ = at::zeros({}, parameters.values().options());
    }
    steps_.add_(1);  // The fused call corrects the bias of step 1, 2, ... but does not count.
    at::_fused_adamw_(parameters.values(), parameters.gradients(), mean_, mean_square_,
                      /*max_exp_avg_sqs=*/{}, steps_, learning_rate, options_.beta1, options_.beta2,
                      options_.weight_decay, options_.epsilon, /*amsgrad=*/false,
                      /*maximize=*/false);
  }

 private:
  OptimizerOptions options_;
  at::Tensor mean_;
  at::Tensor mean_square_;
  at::Tensor steps_;
};

}  // namespace

std::unique_ptr<Optimizer> make_optimizer(const OptimizerOptions& options) {
  switch (options.type) {
    case OptimizerType::Sgd:
      return std::make_unique<Sgd>(options);
    case OptimizerType::AdamW:
      return std::make_unique<AdamW>(options);
  }
  throw Error("train.optimizer.type has no optimizer");
}

}  // namespace greentrain
