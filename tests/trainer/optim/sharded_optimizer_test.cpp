#include "trainer/optim/sharded_optimizer.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include <ATen/ops/arange.h>
#include <ATen/ops/cos.h>
#include <ATen/ops/sin.h>
#include <gmock/gmock.h>

#include "core/error.h"
#include "tests/trainer/optim/bound_model.h"
#include "tests/trainer/optim/two_parameters.h"
#include "trainer/optim/gradient_hooks.h"

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
    options.type == OptimizerType::Sgd ? sgd(gradient, rate) : adam(gradient, rate);
  }
  void sgd(double gradient, double rate) {
    gradient += options.weight_decay * value;
    velocity = steps == 1 ? gradient : options.momentum * velocity + gradient;
    value -= rate * (options.nesterov ? gradient + options.momentum * velocity : velocity);
  }
  void adam(double gradient, double rate) {
    const bool decoupled = options.type == OptimizerType::AdamW;
    if (!decoupled) gradient += options.weight_decay * value;
    mean = options.beta1 * mean + (1 - options.beta1) * gradient;
    mean_square = options.beta2 * mean_square + (1 - options.beta2) * gradient * gradient;
    const double unbiased = mean / (1 - std::pow(options.beta1, steps));
    const double deviation = std::sqrt(mean_square / (1 - std::pow(options.beta2, steps)));
    value -= rate * (unbiased / (deviation + options.epsilon) +
                     (decoupled ? options.weight_decay * value : 0));
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
        Case{"nesterov",
             {.type = OptimizerType::Sgd, .momentum = 0.9, .nesterov = true, .weight_decay = 0.1}},
        Case{"adam", {.type = OptimizerType::Adam, .weight_decay = 0.1}},
        Case{"adamw", {.type = OptimizerType::AdamW, .weight_decay = 0}},
        Case{"adamw_decay",
             {.type = OptimizerType::AdamW,
              .beta1 = 0.8,
              .beta2 = 0.95,
              .epsilon = 1e-3,
              .weight_decay = 0.1}}),
    [](const auto& test) { return test.param.name; });

/// Larger than a block, so that more than one rank owns some; no multiple of a vector's width.
class Wide : public torch::nn::Module {
 public:
  static constexpr std::int64_t kSize = 3 * 8192 + 77;
  at::Tensor values = register_parameter("values", at::sin(at::arange(kSize).to(at::kFloat)));
};

at::Tensor gradient(int rank, int step) {
  return at::cos(at::arange(Wide::kSize).to(at::kFloat) * 0.3f +
                 static_cast<float>(3 * step + rank));
}

void nothing(Record&, const Record&) {}
double rate_of(int step) { return 0.05 / (1 + step); }

/// Some steps with gradients that are given, not computed.
class Steps {
 public:
  Steps(BoundModel<Wide>& rank, const OptimizerOptions& options)
      : rank_(rank),
        optimizer(options, rank.parameters, rank.exchange,
                  {[this](const Record&) { return goes_ahead; }}) {}
  /// With a judge of the norm, who is told it and answers what is set.
  Steps(BoundModel<Wide>& rank, const OptimizerOptions& options, bool accepts)
      : rank_(rank),
        optimizer(options, rank.parameters, rank.exchange,
                  {[this](const Record&) { return goes_ahead; },
                   [this, accepts](double norm) {
                     norms.push_back(norm);
                     return accepts;
                   }}) {}

  void run(int step) {
    const at::Tensor mine =
        (gradient(rank_.comm.rank(), step) * loss_scale).to(rank_.parameters.type());
    optimizer.begin_step({rate_of(step), rank_.comm.size(), loss_scale});
    rank_.exchange.begin_step({}, nothing, optimizer);
    std::memcpy(rank_.exchange.gradients().data(), mine.data_ptr(), mine.nbytes());
    if (spoil && rank_.comm.rank() == rank_.comm.size() - 1) {
      std::memcpy(rank_.exchange.gradients().data() + 9000 * sizeof(float), &*spoil, sizeof(float));
    }
    rank_.exchange.parameter_ready(0);
    rank_.exchange.finish_step();
    optimizer.finish_step();
    rank_.exchange.publish();
    rank_.parameters.updated();
  }

 private:
  BoundModel<Wide>& rank_;

 public:
  bool goes_ahead{true};
  double loss_scale{1};
  std::vector<double> norms;
  std::optional<float> spoil;  ///< One gradient of the last rank.
  ShardedOptimizer optimizer;
};

TEST_P(EveryOptimizer, follows_the_double_precision_reference_on_every_number_of_ranks) {
  for (const int ranks : {1, 2, 3}) {
    on_bound_ranks<Wide>(ranks, [](BoundModel<Wide>& rank) {
      const auto& options = GetParam().options;
      std::vector<Reference> references;
      const at::Tensor initial = rank.initial.at("values");
      for (std::int64_t i = 0; i < Wide::kSize; i += 97) {
        references.push_back({options, initial[i].item<float>()});
      }
      Steps steps(rank, options);
      for (int step = 0; step < 6; ++step) {
        at::Tensor sum = gradient(0, step);
        for (int other = 1; other < rank.comm.size(); ++other) sum += gradient(other, step);
        steps.run(step);
        for (std::size_t i = 0; i < references.size(); ++i) {
          const auto element = static_cast<std::int64_t>(i) * 97;
          references[i].step(sum[element].item<float>(), rate_of(step));
          ASSERT_NEAR(rank.module.values[element].item<float>(), references[i].value,
                      1e-5 * (1 + std::abs(references[i].value)))
              << step << " " << element;
        }
      }
    });
  }
}

TEST_P(EveryOptimizer, changes_nothing_when_the_vote_forbids_it) {
  on_bound_ranks<Wide>(2, [](BoundModel<Wide>& rank) {
    Steps steps(rank, GetParam().options);
    steps.goes_ahead = false;
    steps.run(0);
    EXPECT_TRUE(at::equal(rank.module.values, rank.initial.at("values")));
  });
}

TEST(ShardedOptimizer, clips_each_value_of_the_summed_gradient) {
  const OptimizerOptions options{
      .type = OptimizerType::Sgd, .momentum = 0, .weight_decay = 0, .clip_value = 0.25};
  on_bound_ranks<Wide>(2, [&](BoundModel<Wide>& rank) {
    Steps steps(rank, options);
    steps.run(0);
    const at::Tensor sum = (gradient(0, 0) + gradient(1, 0)).clamp(-0.25, 0.25);
    const at::Tensor expected = rank.initial.at("values") - sum * rate_of(0);
    EXPECT_TRUE(at::allclose(rank.module.values.detach(), expected, 1e-5, 1e-6));
  });
}

TEST(ShardedOptimizer, keeps_an_average_of_the_weights_and_gives_them_back) {
  constexpr double kKept = 0.3;
  const OptimizerOptions options{
      .type = OptimizerType::Sgd, .momentum = 0, .weight_decay = 0, .average = kKept};
  for (const int ranks : {1, 2, 3}) {
    on_bound_ranks<Wide>(ranks, [&](BoundModel<Wide>& rank) {
      Steps steps(rank, options);
      at::Tensor average = rank.initial.at("values").clone();
      for (int step = 0; step < 5; ++step) {
        steps.run(step);
        const double kept = std::min(kKept, (2.0 + step) / (11.0 + step));
        average = average * kept + rank.module.values.detach() * (1 - kept);
        const at::Tensor trained = rank.module.values.detach().clone();
        rank.exchange.publish();  // Nobody swaps before all have their copy.
        steps.optimizer.swap_average();
        rank.exchange.publish();
        EXPECT_TRUE(at::allclose(rank.module.values.detach(), average, 1e-5, 1e-6)) << step;
        rank.exchange.publish();
        steps.optimizer.swap_average();
        rank.exchange.publish();
        EXPECT_TRUE(at::equal(rank.module.values.detach(), trained));
        rank.exchange.publish();
      }
    });
  }
}

/// A matrix, a bias, and a matrix again, all inside one block.
class Layers : public torch::nn::Module {
 public:
  at::Tensor first = register_parameter("first", at::ones({7, 3}));
  at::Tensor bias = register_parameter("bias", at::ones({5}));
  at::Tensor second = register_parameter("second", at::ones({9, 2}));
};

TEST(ShardedOptimizer, leaves_biases_without_decay_when_asked) {
  for (const DecayOn on : {DecayOn::All, DecayOn::Matrices}) {
    for (const auto type : {OptimizerType::Sgd, OptimizerType::Adam, OptimizerType::AdamW}) {
      on_bound_ranks<Layers>(2, [&](BoundModel<Layers>& rank) {
        OptimizerOptions options{.type = type, .weight_decay = 0.5, .decay_on = on};
        ShardedOptimizer optimizer(options, rank.parameters, rank.exchange,
                                   {[](const Record&) { return true; }});
        optimizer.begin_step({0.1, 2});
        rank.exchange.begin_step({}, nothing, optimizer);  // With gradients of 0.
        for (std::size_t i = 0; i < 3; ++i) rank.exchange.parameter_ready(i);
        rank.exchange.finish_step();
        rank.exchange.publish();
        EXPECT_TRUE(rank.module.first.lt(0.99).all().item<bool>());
        EXPECT_TRUE(rank.module.second.lt(0.99).all().item<bool>());
        EXPECT_EQ(rank.module.bias.eq(1).all().item<bool>(), on == DecayOn::Matrices);
      });
    }
  }
}

TEST(ShardedOptimizer, clips_the_norm_of_all_gradients_together) {
  const OptimizerOptions plain{.type = OptimizerType::Sgd, .momentum = 0, .weight_decay = 0};
  for (const int ranks : {1, 2, 3}) {
    on_bound_ranks<Wide>(ranks, [&](BoundModel<Wide>& rank) {
      at::Tensor sum = gradient(0, 0);
      for (int other = 1; other < rank.comm.size(); ++other) sum += gradient(other, 0);
      const double norm = sum.to(at::kDouble).norm().item<double>();
      for (const double limit : {norm / 3, norm * 2}) {
        OptimizerOptions options = plain;
        options.clip_norm = limit;
        const at::Tensor before = rank.module.values.detach().clone();
        rank.exchange.publish();  // Nobody steps before all have their copy.
        Steps steps(rank, options);
        steps.run(0);
        EXPECT_NEAR(steps.optimizer.gradient_norm() / norm, 1, 1e-6);
        const double scale = std::min(1.0, limit / norm);
        const at::Tensor expected = before - sum * (rate_of(0) * scale);
        EXPECT_TRUE(at::allclose(rank.module.values.detach(), expected, 1e-5, 1e-6));
        rank.exchange.publish();
      }
    });
  }
}

at::Tensor sum_of_gradients(int ranks, int step) {
  at::Tensor sum = gradient(0, step);
  for (int rank = 1; rank < ranks; ++rank) sum += gradient(rank, step);
  return sum;
}

TEST(ShardedOptimizer, asks_a_judge_of_the_norm_and_changes_nothing_when_it_refuses) {
  for (const int ranks : {1, 2, 3}) {
    for (const bool accepts : {true, false}) {
      on_bound_ranks<Wide>(ranks, [&](BoundModel<Wide>& rank) {
        Steps steps(rank, {}, accepts);
        steps.run(0);
        const double norm = sum_of_gradients(ranks, 0).to(at::kDouble).norm().item<double>();
        ASSERT_EQ(steps.norms.size(), 1U);
        EXPECT_NEAR(steps.norms[0] / norm, 1, 1e-6);
        EXPECT_EQ(at::equal(rank.module.values, rank.initial.at("values")), !accepts);
      });
    }
  }
}

TEST(ShardedOptimizer, computes_the_same_with_a_judge_as_without) {
  std::vector<at::Tensor> results;
  for (const bool judged : {false, true}) {
    on_bound_ranks<Wide>(2, [&](BoundModel<Wide>& rank) {
      Steps plain(rank, {});
      Steps with_judge(rank, {}, true);
      for (int step = 0; step < 3; ++step) (judged ? with_judge : plain).run(step);
      if (rank.comm.rank() == 0) results.push_back(rank.module.values.detach().clone());
    });
  }
  EXPECT_TRUE(at::equal(results[0], results[1]));
}

TEST(ShardedOptimizer, tells_the_judge_of_one_gradient_that_is_not_finite_on_every_rank) {
  for (const float bad : {std::nanf(""), INFINITY}) {
    on_bound_ranks<Wide>(3, [&](BoundModel<Wide>& rank) {
      Steps steps(rank, {}, false);
      steps.spoil = bad;
      steps.run(0);
      EXPECT_FALSE(std::isfinite(steps.norms.at(0)));
    });
  }
}

// A power of two: scaling and unscaling are exact.
TEST(ShardedOptimizer, undoes_the_loss_scale_before_clip_and_update) {
  OptimizerOptions options;
  options.clip_norm = 10;
  std::vector<at::Tensor> results;
  for (const double scale : {1.0, 1024.0}) {
    on_bound_ranks<Wide>(2, [&](BoundModel<Wide>& rank) {
      Steps steps(rank, options, true);
      steps.loss_scale = scale;
      for (int step = 0; step < 3; ++step) steps.run(step);
      EXPECT_NEAR(steps.norms[0] / sum_of_gradients(2, 0).norm().item<double>(), 1, 1e-5);
      if (rank.comm.rank() == 0) results.push_back(rank.module.values.detach().clone());
    });
  }
  EXPECT_TRUE(at::allclose(results[0], results[1], 1e-6, 1e-7));
}

TEST(ShardedOptimizer, goes_back_to_a_snapshot_and_on_from_there_as_before) {
  for (const int nodes : {1, 2}) {
    for (const auto type : {OptimizerType::Sgd, OptimizerType::AdamW}) {
      on_bound_ranks<Wide>(
          4,
          [&](BoundModel<Wide>& rank) {
            const auto copy = [&] { return rank.module.values.detach().clone(); };
            Steps steps(rank, {.type = type});
            EXPECT_THROW(steps.optimizer.restore_snapshot(), Error);
            steps.run(0);
            steps.optimizer.take_snapshot();
            const at::Tensor before = copy();
            steps.run(1);
            const at::Tensor after = copy();
            rank.exchange.publish();  // Nobody writes before all have their copy.
            steps.optimizer.restore_snapshot();
            rank.exchange.publish();
            rank.parameters.refresh();
            EXPECT_TRUE(at::equal(copy(), before));
            rank.exchange.publish();
            steps.run(1);
            EXPECT_TRUE(at::equal(copy(), after));
          },
          nodes);
    }
  }
}

TEST(ShardedOptimizer, the_norm_has_the_same_bits_on_every_number_of_nodes) {
  OptimizerOptions options;
  options.clip_norm = 0.5;
  std::vector<at::Tensor> results;
  for (const int nodes : {1, 2, 4}) {
    on_bound_ranks<Wide>(
        4,
        [&](BoundModel<Wide>& rank) {
          Steps steps(rank, options);
          for (int step = 0; step < 3; ++step) steps.run(step);
          if (rank.comm.rank() == 0) results.push_back(rank.module.values.detach().clone());
        },
        nodes);
  }
  EXPECT_TRUE(at::equal(results[0], results[1]));
  EXPECT_TRUE(at::equal(results[0], results[2]));
}

class WideBfloat16 : public Wide {
 public:
  WideBfloat16() { to(at::kBFloat16); }
};

// Steps of 1e-3 on values near 1, where bfloat16 has only every 1/128: without a master copy
// nothing would ever move.
TEST(ShardedOptimizer, keeps_a_float32_master_of_bfloat16_parameters) {
  on_bound_ranks<WideBfloat16>(2, [](BoundModel<WideBfloat16>& rank) {
    const OptimizerOptions options{.type = OptimizerType::Sgd, .momentum = 0, .weight_decay = 0};
    ShardedOptimizer optimizer(options, rank.parameters, rank.exchange,
                               {[](const Record&) { return true; }});
    const at::Tensor ones = at::ones({Wide::kSize}, at::kBFloat16);
    for (int step = 0; step < 50; ++step) {
      optimizer.begin_step({0.0005, 2});
      rank.exchange.begin_step({}, nothing, optimizer);
      std::memcpy(rank.exchange.gradients().data(), ones.data_ptr(), ones.nbytes());
      rank.exchange.parameter_ready(0);
      rank.exchange.finish_step();
      rank.exchange.publish();
    }
    const at::Tensor expected = rank.initial.at("values").to(at::kFloat) - 50 * 2 * 0.0005;
    const at::Tensor found = rank.module.values.detach().to(at::kFloat);
    EXPECT_TRUE(at::allclose(found, expected, 1.0 / 128, 1e-4));
    EXPECT_FALSE(at::allclose(found, rank.initial.at("values").to(at::kFloat), 1.0 / 128, 1e-4));
  });
}

class Statistics : public torch::nn::Module {
 public:
  at::Tensor weight = register_parameter("weight", at::ones({3}));
  at::Tensor mean = register_buffer("running_mean", at::zeros({4}));
};

TEST(ShardedOptimizer, makes_the_mean_of_the_ranks_statistics) {
  on_bound_ranks<Statistics>(3, [](BoundModel<Statistics>& rank) {
    const SystemClock clock;
    ShardedOptimizer optimizer({}, rank.parameters, rank.exchange,
                               {[](const Record&) { return true; }});
    GradientHooks hooks(rank.parameters, rank.exchange, 1, clock);
    // Rank 2 has no samples: its statistics do not count.
    const bool some = rank.comm.rank() < 2;
    optimizer.begin_step({0.1, 2});
    if (some) rank.module.mean.fill_(1 + 2 * rank.comm.rank());
    rank.exchange.begin_step({}, nothing, optimizer);
    hooks.begin(0, some ? GradientHooks::Samples::Some : GradientHooks::Samples::None);
    if (some) rank.module.weight.sum().backward();
    hooks.end();
    rank.exchange.finish_step();
    rank.exchange.publish();
    rank.parameters.updated();
    EXPECT_TRUE(rank.module.mean.eq(2).all().item<bool>());
  });
}

}  // namespace
}  // namespace greentrain
