#pragma once

#include <cstdint>
#include <span>

namespace greentrain {

/// AdamW's numbers for one step (Loshchilov and Hutter, "Decoupled Weight Decay Regularization",
/// 2019, algorithm 2), as torch.optim.AdamW computes them.
struct AdamWStep {
  double learning_rate;
  double beta1;
  double beta2;
  double epsilon;
  double weight_decay;
  std::int64_t step;         ///< Counted from 1.
  double gradient_scale{1};  ///< Gradients are multiplied by it: the clip factor.
};

/// Updates one block: parameters, first and second moments, all of one length, in float32.
/// Vectorised for the CPU it runs on.
void adamw_update(const AdamWStep& step, std::span<const float> gradients,
                  std::span<float> parameters, std::span<float> mean, std::span<float> mean_square);

/// Momentum SGD's numbers for one step, as torch.optim.SGD (dampening 0) computes them.
struct SgdStep {
  double learning_rate;
  double momentum;
  double weight_decay;  ///< Added to the gradient (L2).
  bool first;           ///< The buffer starts as the first gradient.
  double gradient_scale{1};
};

/// An empty buffer stands for momentum 0.
void sgd_update(const SgdStep& step, std::span<const float> gradients, std::span<float> parameters,
                std::span<float> buffer);

/// In float64, in an order that depends on the number of values alone.
double sum_of_squares(std::span<const float> values);

}  // namespace greentrain
