#include "trainer/optim/optimizer.h"

#include <cmath>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "tests/trainer/optim/two_parameters.h"

namespace greentrain {
namespace {

/// One number's update in double precision, written from the papers.
struct Reference {
  OptimizerOptions options;
  double value;
  double mean{0};
  double mean_square{0};
  double velocity{0};
  int steps{0};

  void step(double gradient, double rate) {
    ++steps;
    options.type == OptimizerType::Sgd ? sgd(gradient, rate) : adamw(gradient, rate);
  }
  void sgd(double gradient, double rate) {
    gradient += options.weight_decay * value;
    velocity = steps == 1 ? gradient : options.momentum * velocity + gradient;
    value -= rate * velocity;
  }
  void adamw(double gradient, double rate) {
    mean = options.beta1 * mean + (1 - options.beta1) * gradient;
    mean_square = options.beta2 * mean_square + (1 - options.beta2) * gradient * gradient;
    const double unbiased = mean / (1 - std::pow(options.beta1, steps));
    const double deviation = std::sqrt(mean_square / (1 - std::pow(options.beta2, steps)));
    value -= rate * (unbiased / (deviation + options.epsilon) + options.weight_decay * value);
  }
};

struct Case {
  std::string name;
  OptimizerOptions options;
};

class EveryOptimizer : public ::testing::TestWithParam<Case> {};
INSTANTIATE_TEST_SUITE_P(
    Optimizers, EveryOptimizer,
    ::testing::Values(
        Case{"sgd", {.type = OptimizerType::Sgd, .momentum = 0, .weight_decay = 0}},
        Case{"sgd_momentum", {.type = OptimizerType::Sgd, .momentum = 0.9, .weight_decay = 0}},
        Case{"sgd_decay", {.type = OptimizerType::Sgd, .momentum = 0.9, .weight_decay = 0.1}},
        Case{"adamw", {.type = OptimizerType::AdamW, .weight_decay = 0}},
        Case{"adamw_decay",
             {.type = OptimizerType::AdamW,
              .beta1 = 0.8,
              .beta2 = 0.95,
              .epsilon = 1e-3,
              .weight_decay = 0.1}}),
    [](const auto& test) { return test.param.name; });

TEST_P(EveryOptimizer, follows_the_double_precision_reference) {
  const auto& options = GetParam().options;
  at::manual_seed(1);
  TwoParameters module;
  FlatParameters flat(module);
  const auto optimizer = make_optimizer(options);
  std::vector<Reference> references;
  const std::int64_t size = flat.values().numel();
  const float* values = flat.values().data_ptr<float>();
  for (std::int64_t i = 0; i < size; ++i) references.push_back({options, values[i]});

  for (int step = 0; step < 10; ++step) {
    const double rate = 0.05 / (1 + step);
    flat.zero_gradients();
    module.forward(at::randn({3, 5})).backward();
    const float* gradients = flat.gradients().data_ptr<float>();
    for (std::int64_t i = 0; i < size; ++i) {
      references[static_cast<std::size_t>(i)].step(gradients[i], rate);
    }
    optimizer->step(flat, rate);
    for (std::int64_t i = 0; i < size; ++i) {
      const double expected = references[static_cast<std::size_t>(i)].value;
      ASSERT_NEAR(values[i], expected, 1e-5 * (1 + std::abs(expected))) << step << " " << i;
    }
  }
}

TEST_P(EveryOptimizer, leaves_what_is_between_parameters_at_zero) {
  TwoParameters module;
  FlatParameters flat(module);
  const auto optimizer = make_optimizer(GetParam().options);
  for (int step = 0; step < 3; ++step) {
    module.forward(at::randn({3, 5})).backward();
    optimizer->step(flat, 0.01);
  }
  EXPECT_TRUE(flat.values().narrow(0, 35, 13).eq(0).all().item<bool>());
  EXPECT_TRUE(flat.values().narrow(0, 55, 9).eq(0).all().item<bool>());
}

}  // namespace
}  // namespace greentrain
