#pragma once

#include <cstdint>
#include <span>

namespace greentrain {

/// Adam's numbers for one step (Kingma and Ba 2015, arXiv 1412.6980, algorithm 1).
struct AdamStep {
  double learning_rate;
  double beta1;
  double beta2;
  double epsilon;
  double weight_decay;
  std::int64_t step;         ///< Counted from 1.
  double gradient_scale{1};  ///< Gradients are multiplied by it: the clip factor.
};

/// Updates one block: parameters, first and second moments, all of one length, in float32.
/// Vectorised for the CPU it runs on. The decay is added to the gradient (L2), as in
/// torch.optim.Adam.
void adam_update(const AdamStep& step, std::span<const float> gradients,
                 std::span<float> parameters, std::span<float> mean, std::span<float> mean_square);

/// The same with the decay apart from the gradient (Loshchilov and Hutter, "Decoupled Weight Decay
/// Regularization", 2019, algorithm 2), as in torch.optim.AdamW.
void adamw_update(const AdamStep& step, std::span<const float> gradients,
                  std::span<float> parameters, std::span<float> mean, std::span<float> mean_square);

/// Momentum SGD's numbers for one step, as torch.optim.SGD (dampening 0) computes them.
struct SgdStep {
  double learning_rate;
  double momentum;
  double weight_decay;  ///< Added to the gradient (L2).
  bool first;           ///< The buffer starts as the first gradient.
  bool nesterov;        ///< The step follows gradient + momentum * buffer.
  double gradient_scale{1};
};

/// An empty buffer stands for momentum 0.
void sgd_update(const SgdStep& step, std::span<const float> gradients, std::span<float> parameters,
                std::span<float> buffer);

/// Each value is brought into [-limit, limit]; what is not a number stays so.
void clip_values(std::span<float> values, float limit);

/// Moves an average towards the values: average += share (value - average).
void average_update(float share, std::span<const float> values, std::span<float> average);

/// In float64, in an order that depends on the number of values alone.
double sum_of_squares(std::span<const float> values);

}  // namespace greentrain
