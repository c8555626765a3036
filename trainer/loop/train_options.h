#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/enum_names.h"
#include "core/units.h"
#include "trainer/loop/guard_options.h"
#include "trainer/loop/precision_options.h"
#include "trainer/metrics/loss_options.h"
#include "trainer/optim/optim_options.h"
#include "trainer/stopping/stopping_options.h"

namespace greentrain {

enum class Device { Auto, Cpu, Cuda };
template <>
inline constexpr auto enum_names<Device> = std::array<std::string_view, 3>{"auto", "cpu", "cuda"};

/// Section `train`.
struct TrainOptions {
  Device device{Device::Auto};
  Precision precision{Precision::Float32};
  LossScaleOptions loss_scale;
  std::int64_t batch_size{64};
  std::int64_t micro_batch_size{0};
  std::int64_t epochs{10};
  std::int64_t max_steps{0};
  std::int64_t evaluate_every{0};
  double learning_rate{1e-3};
  LossOptions loss;
  std::vector<std::string> metrics;
  OptimizerOptions optimizer;
  ScheduleOptions schedule;
  EarlyStoppingOptions early_stopping;
  GuardOptions guards;
  std::string replay_decisions;

  template <class Visitor>
  void describe(Visitor& visit) {
    visit("device", device, "auto: a GPU if this build and machine have one, else the CPU.");
    visit("precision", precision,
          "Numbers that the model computes with. bf16, fp16: matrix products in 16 bits by "
          "autocast; bf16_weights: weights and gradients too, with float32 copies in the "
          "optimizer.");
    visit("loss_scale", loss_scale, "fp16: keeps small gradients from vanishing.");
    visit("batch_size", batch_size, "Samples per step, over all ranks together.", 1, 1 << 24);
    visit("micro_batch_size", micro_batch_size,
          "Samples a rank computes at once: it does a larger share of the batch in parts, and adds "
          "up their gradients; 0: all at once.",
          0, 1 << 24);
    visit("epochs", epochs, "Passes over the training part.", 1, 1'000'000);
    visit("max_steps", max_steps, "Stop after so many steps; 0: no limit.", 0, 1'000'000'000);
    visit("evaluate_every", evaluate_every,
          "Steps between two evaluations on the validation part; 0: once per epoch.", 0,
          1'000'000'000);
    visit("learning_rate", learning_rate, "Peak learning rate.", 1e-12, 100.0);
    visit("loss", loss, "What training makes small.");
    visit("metrics", metrics,
          "What evaluations measure besides the loss and accuracy (text: and perplexity; numbers: "
          "r2 and mae): top_5 or top_ and another number, precision, recall.");
    visit("optimizer", optimizer, "How gradients change the weights.");
    visit("schedule", schedule, "How the learning rate changes over the run.");
    visit("early_stopping", early_stopping, "When to stop before the last epoch.");
    visit("guards", guards, "What to do when a step goes wrong.");
    visit("replay_decisions", replay_decisions,
          "A decisions.jsonl: decide by the joules that this other run read, instead of the "
          "meter's.");
  }
};

}  // namespace greentrain
