#include "trainer/optim/fused_update.h"

#include <array>
#include <cmath>
#include <cstddef>

#include "core/cpu_clones.h"

namespace greentrain {
namespace {

struct AdamNumbers {
  float decay;  // AdamW: 1 - learning rate * weight decay.
  float l2;     // Adam: weight decay.
  float beta1, one_minus_beta1;
  float beta2, one_minus_beta2;
  float step_size;        // learning rate / (1 - beta1^t)
  float root_correction;  // 1 / sqrt(1 - beta2^t)
  float epsilon;
  float scale;
};

AdamNumbers numbers(const AdamStep& step) {
  const auto t = static_cast<double>(step.step);
  return {static_cast<float>(1 - step.learning_rate * step.weight_decay),
          static_cast<float>(step.weight_decay),
          static_cast<float>(step.beta1),
          static_cast<float>(1 - step.beta1),
          static_cast<float>(step.beta2),
          static_cast<float>(1 - step.beta2),
          static_cast<float>(step.learning_rate / (1 - std::pow(step.beta1, t))),
          static_cast<float>(1 / std::sqrt(1 - std::pow(step.beta2, t))),
          static_cast<float>(step.epsilon),
          static_cast<float>(step.gradient_scale)};
}

GREENTRAIN_CPU_CLONES void adam_loop(const AdamNumbers n, const float* __restrict gradient,
                                     float* __restrict parameter, float* __restrict mean,
                                     float* __restrict mean_square, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const float g = gradient[i] * n.scale + n.l2 * parameter[i];
    const float m = n.beta1 * mean[i] + n.one_minus_beta1 * g;
    const float v = n.beta2 * mean_square[i] + n.one_minus_beta2 * g * g;
    mean[i] = m;
    mean_square[i] = v;
    parameter[i] -= n.step_size * m / (std::sqrt(v) * n.root_correction + n.epsilon);
  }
}

GREENTRAIN_CPU_CLONES void adamw_loop(const AdamNumbers n, const float* __restrict gradient,
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

GREENTRAIN_CPU_CLONES void nesterov_loop(float rate, float kept, float momentum, float decay,
                                         float scale, const float* __restrict gradient,
                                         float* __restrict parameter, float* __restrict buffer,
                                         std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const float g = gradient[i] * scale + decay * parameter[i];
    const float b = kept * buffer[i] + g;
    buffer[i] = b;
    parameter[i] -= rate * (g + momentum * b);
  }
}

GREENTRAIN_CPU_CLONES void plain_sgd_loop(float rate, float decay, float scale,
                                          const float* __restrict gradient,
                                          float* __restrict parameter, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    parameter[i] -= rate * (gradient[i] * scale + decay * parameter[i]);
  }
}

// Comparisons with a NaN are false, so that it stays.
GREENTRAIN_CPU_CLONES void clip_loop(float limit, float* values, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    float value = values[i];
    value = value > limit ? limit : value;
    values[i] = value < -limit ? -limit : value;
  }
}

GREENTRAIN_CPU_CLONES void average_loop(float share, const float* __restrict values,
                                        float* __restrict average, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) average[i] += share * (values[i] - average[i]);
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

void clip_values(std::span<float> values, float limit) {
  clip_loop(limit, values.data(), values.size());
}

void average_update(float share, std::span<const float> values, std::span<float> average) {
  average_loop(share, values.data(), average.data(), values.size());
}

void adam_update(const AdamStep& step, std::span<const float> gradients,
                 std::span<float> parameters, std::span<float> mean, std::span<float> mean_square) {
  adam_loop(numbers(step), gradients.data(), parameters.data(), mean.data(), mean_square.data(),
            gradients.size());
}

void adamw_update(const AdamStep& step, std::span<const float> gradients,
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
  const auto kept = static_cast<float>(step.first ? 0 : step.momentum);
  const auto rate = static_cast<float>(step.learning_rate);
  const auto decay = static_cast<float>(step.weight_decay);
  const auto scale = static_cast<float>(step.gradient_scale);
  if (step.nesterov) {
    nesterov_loop(rate, kept, static_cast<float>(step.momentum), decay, scale, gradients.data(),
                  parameters.data(), buffer.data(), gradients.size());
  } else {
    sgd_loop(rate, kept, decay, scale, gradients.data(), parameters.data(), buffer.data(),
             gradients.size());
  }
}

}  // namespace greentrain
