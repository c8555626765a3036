#include "trainer/optim/fused_update.h"

#include <array>
#include <cmath>
#include <cstddef>

#include "core/cpu_clones.h"

namespace greentrain {
namespace {

struct AdamWNumbers {
  float decay;  // 1 - learning rate * weight decay
  float beta1, one_minus_beta1;
  float beta2, one_minus_beta2;
  float step_size;        // learning rate / (1 - beta1^t)
  float root_correction;  // 1 / sqrt(1 - beta2^t)
  float epsilon;
  float scale;
};

AdamWNumbers numbers(const AdamWStep& step) {
  const auto t = static_cast<double>(step.step);
  return {static_cast<float>(1 - step.learning_rate * step.weight_decay),
          static_cast<float>(step.beta1),
          static_cast<float>(1 - step.beta1),
          static_cast<float>(step.beta2),
          static_cast<float>(1 - step.beta2),
          static_cast<float>(step.learning_rate / (1 - std::pow(step.beta1, t))),
          static_cast<float>(1 / std::sqrt(1 - std::pow(step.beta2, t))),
          static_cast<float>(step.epsilon),
          static_cast<float>(step.gradient_scale)};
}

GREENTRAIN_CPU_CLONES void adamw_loop(const AdamWNumbers n, const float* __restrict gradient,
                                      float* __restrict parameter, float* __restrict mean,
                                      float* __restrict mean_square, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const float g = gradient[i] * n.scale;
    const float m = n.beta1 * mean[i] + n.one_minus_beta1 * g;
    const float v = n.beta2 * mean_square[i] + n.one_minus_beta2 * g * g;
    mean[i] = m;
    mean_square[i] = v;
    parameter[i] =
        parameter[i] * n.decay - n.step_size * m / (std::sqrt(v) * n.root_correction + n.epsilon);
  }
}

GREENTRAIN_CPU_CLONES void sgd_loop(float rate, float momentum, float decay, float scale,
                                    const float* __restrict gradient, float* __restrict parameter,
                                    float* __restrict buffer, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const float g = gradient[i] * scale + decay * parameter[i];
    const float b = momentum * buffer[i] + g;
    buffer[i] = b;
    parameter[i] -= rate * b;
  }
}

GREENTRAIN_CPU_CLONES void plain_sgd_loop(float rate, float decay, float scale,
                                          const float* __restrict gradient,
                                          float* __restrict parameter, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    parameter[i] -= rate * (gradient[i] * scale + decay * parameter[i]);
  }
}

// So many sums run side by side that the additions of one need not wait for each other.
constexpr std::size_t kLanes = 16;

GREENTRAIN_CPU_CLONES void add_squares(const float* values, std::size_t count,
                                       double* __restrict lanes) {
  for (std::size_t i = 0; i < count; i += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const double value = values[i + lane];
      lanes[lane] += value * value;
    }
  }
}

}  // namespace

double sum_of_squares(std::span<const float> values) {
  std::array<double, kLanes> lanes{};
  const std::size_t whole = values.size() / kLanes * kLanes;
  add_squares(values.data(), whole, lanes.data());
  double sum = 0;
  for (const double lane : lanes) sum += lane;
  for (const float value : values.subspan(whole)) sum += static_cast<double>(value) * value;
  return sum;
}

void adamw_update(const AdamWStep& step, std::span<const float> gradients,
                  std::span<float> parameters, std::span<float> mean,
                  std::span<float> mean_square) {
  adamw_loop(numbers(step), gradients.data(), parameters.data(), mean.data(), mean_square.data(),
             gradients.size());
}

void sgd_update(const SgdStep& step, std::span<const float> gradients, std::span<float> parameters,
                std::span<float> buffer) {
  if (buffer.empty()) {
    plain_sgd_loop(static_cast<float>(step.learning_rate), static_cast<float>(step.weight_decay),
                   static_cast<float>(step.gradient_scale), gradients.data(), parameters.data(),
                   gradients.size());
    return;
  }
  // With no momentum left over from before, the buffer becomes the first gradient.
  const double momentum = step.first ? 0 : step.momentum;
  sgd_loop(static_cast<float>(step.learning_rate), static_cast<float>(momentum),
           static_cast<float>(step.weight_decay), static_cast<float>(step.gradient_scale),
           gradients.data(), parameters.data(), buffer.data(), gradients.size());
}

}  // namespace greentrain
