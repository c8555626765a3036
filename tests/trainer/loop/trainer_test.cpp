#include "trainer/loop/trainer.h"

#include <cmath>
#include <functional>
#include <mutex>
#include <set>

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/core/Generator.h>
#include <ATen/ops/empty.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "comm/exchange/make_exchange.h"
#include "comm/rank_errors.h"
#include "comm/thread_communicator.h"
#include "tests/trainer/device/host_device_exchange.h"
#include "trainer/device/device_update.h"
#include "trainer/loop/batch_shares.h"
#include "trainer/models/model.h"
#include "trainer/optim/host_update.h"

namespace greentrain {
namespace {

/// Two clouds of points on a line, told apart by their sign: easy to learn.
class TwoClouds final : public Dataset {
 public:
  explicit TwoClouds(std::int64_t samples) : inputs_(at::empty({samples, 2})) {
    for (std::int64_t i = 0; i < samples; ++i) {
      labels_.push_back(i % 2);
      const auto spread = static_cast<float>(i % 7) / 7.0f;
      inputs_[i][0] = (i % 2 == 0 ? 1.0f : -1.0f) + spread;
      inputs_[i][1] = spread;
    }
    info_ = {"two clouds", "none", {2}, 2, false};
  }
  const DatasetInfo& info() const override { return info_; }
  std::int64_t size() const override { return std::ssize(labels_); }
  std::span<const std::int64_t> labels() const override { return labels_; }
  void read(std::span<const std::int64_t> indices, Batch& batch) const override {
    batch = {at::empty({std::ssize(indices), 2}), at::empty({std::ssize(indices)}, at::kLong),
             std::ssize(indices)};
    for (std::int64_t row = 0; row < batch.samples; ++row) {
      const std::int64_t index = indices[static_cast<std::size_t>(row)];
      batch.inputs[row] = inputs_[index];
      batch.targets[row] = labels_[static_cast<std::size_t>(index)];
    }
    if (unreadable_.empty()) return;
    batch.weights = at::ones({batch.samples});
    for (std::int64_t row = 0; row < batch.samples; ++row) {
      if (unreadable_.contains(indices[static_cast<std::size_t>(row)])) batch.weights[row] = 0;
    }
  }
  void lose(std::int64_t index) { unreadable_.insert(index); }
  void poison(std::int64_t index, float value = std::nanf("")) { inputs_[index][0] = value; }

 private:
  DatasetInfo info_;
  at::Tensor inputs_;
  std::vector<std::int64_t> labels_;
  std::set<std::int64_t> unreadable_;
};

class Recorder final : public TrainObserver {
 public:
  void step_done(const StepStatus& status) override {
    losses.push_back(status.loss);
    steps.push_back(status);
    if (after_step) after_step(status);
    if (stop != nullptr && status.step == stop_after) *stop = true;
  }
  void evaluated(const StepStatus&, const Evaluation&, bool best) override {
    evaluations += 1;
    improvements += best ? 1 : 0;
  }
  void target_reached(const StepStatus& status) override { target_step = status.step; }
  std::vector<double> losses;
  std::vector<StepStatus> steps;
  std::function<void(const StepStatus&)> after_step;
  std::int64_t target_step{0};
  int evaluations{0};
  int improvements{0};
  std::atomic<bool>* stop{nullptr};
  std::int64_t stop_after{0};
};

/// Everything one rank needs for a tiny run.
struct TinyRun {
  TwoClouds data{40};
  Split split =
      split_samples(data.size(), data.labels(), {Fraction{0.2}, Fraction{0.2}}, /*seed=*/1);
  SystemClock clock;
  PhaseTimer phases{clock};
  std::atomic<bool> stop{false};
  Recorder recorder;
  DecisionLog decisions{std::nullopt};
  TrainOptions options;
  DataOptions data_options;
  int workers{0};  ///< Of the invariant reduction; 0: fast.
  bool as_on_a_gpu{false};
  RunAdviser* adviser{nullptr};
  int naps{0};

  TinyRun() {
    options.batch_size = 7;
    options.epochs = 6;
    options.learning_rate = 0.05;
    options.early_stopping.enabled = false;
  }
  TrainOutcome train(Communicator& comm, std::uint64_t seed = 3) {
    static std::mutex generator;  // ranks are threads here and share torch's default generator
    std::unique_lock lock(generator);
    at::manual_seed(seed + static_cast<std::uint64_t>(comm.rank()));
    ModelOptions model_options;
    model_options.hidden = {8};
    const auto model = make_model(model_options, data.info());
    lock.unlock();
    if (options.precision == Precision::Bfloat16Weights) round_parameters(*model);
    FlatParameters parameters(*model);
    const auto exchange =
        make_exchange(comm, Backend::Auto, parameters.shape(), {.one_process = true}).exchange;
    const int count = workers / comm.size();
    const Shares shares = workers == 0
                              ? share_batch(comm.rank(), comm.size(), options, CommOptions{})
                              : Shares{comm.rank() * count, count, workers};
    HostDeviceExchange device(comm, parameters.shape(), /*bucket_elements=*/16);
    const auto update = [&](StepJudge judge) -> std::unique_ptr<StepUpdate> {
      if (as_on_a_gpu) {
        return std::make_unique<DeviceUpdate>(comm, options.optimizer, parameters, device,
                                              c10::Stream(c10::Stream::DEFAULT, c10::kCPU),
                                              std::move(judge));
      }
      return std::make_unique<HostUpdate>(comm, options.optimizer, parameters, *exchange,
                                          std::move(judge));
    };
    BatchFeed feed(comm, data, split.train, data_options,
                   {options.batch_size, options.epochs, seed, shares}, {});
    const Measure measure(options.loss, options.metrics, data.info());
    Trainer trainer(options, seed,
                    {comm, *model, data, split, feed, measure, update, parameters, shares, clock,
                     phases, nullptr, stop, recorder, decisions, adviser, [this] { ++naps; }});
    const TrainOutcome outcome = trainer.run();
    comm.barrier();
    return outcome;
  }
};

/// Pauses for three naps after step 4, and stops after `stop_after` steps if that is above 0.
class ScriptedAdviser final : public RunAdviser {
 public:
  Advice advise(const RunProgress& progress) override {
    paused += progress.paused ? 1 : 0;
    if (stop_after > 0 && progress.steps >= stop_after) return {Order::Stop, {}, {}};
    const bool wants = (progress.steps == 4 || progress.paused) && paused < 3;
    return {wants ? Order::Pause : Order::Run, {}, {}};
  }
  int paused{0};
  std::int64_t stop_after{0};
};

TEST(Trainer, pauses_all_ranks_together_and_learns_the_same) {
  for (const int ranks : {1, 2, 3}) {
    run_ranks(ranks, [](Communicator& comm) {
      TinyRun plain, paused;
      ScriptedAdviser adviser;
      if (comm.rank() == 0) paused.adviser = &adviser;
      const TrainOutcome expected = plain.train(comm);
      const TrainOutcome outcome = paused.train(comm);
      EXPECT_EQ(outcome.weights_sha256, expected.weights_sha256);
      EXPECT_EQ(outcome.last.step, expected.last.step);
      EXPECT_EQ(paused.naps, 3);
      EXPECT_EQ(plain.naps, 0);
    });
  }
}

TEST(Trainer, stops_after_the_same_step_on_all_ranks_when_its_plan_says_so) {
  run_ranks(3, [](Communicator& comm) {
    TinyRun run;
    ScriptedAdviser adviser;
    adviser.stop_after = 6;
    if (comm.rank() == 0) run.adviser = &adviser;
    const TrainOutcome outcome = run.train(comm);
    EXPECT_EQ(outcome.stopped_by, StoppedBy::Plan);
    EXPECT_EQ(outcome.last.step, 7);  // The advice is given during a step.
    EXPECT_TRUE(outcome.test);
  });
}

TEST(Trainer, ends_a_pause_when_any_rank_is_asked_to_stop) {
  run_ranks(2, [](Communicator& comm) {
    TinyRun run;
    class Forever final : public RunAdviser {
     public:
      explicit Forever(std::atomic<bool>& stop) : stop_(stop) {}
      Advice advise(const RunProgress& progress) override {
        if (progress.paused) stop_ = true;
        return {Order::Pause, {}, {}};
      }

     private:
      std::atomic<bool>& stop_;
    } adviser(run.stop);
    if (comm.rank() == 1) run.adviser = &adviser;
    EXPECT_EQ(run.train(comm).stopped_by, StoppedBy::Signal);
  });
}

TEST(Trainer, learns_and_evaluates_the_test_part_once_at_the_end) {
  run_ranks(1, [](Communicator& comm) {
    TinyRun run;
    const TrainOutcome outcome = run.train(comm);
    EXPECT_EQ(outcome.stopped_by, StoppedBy::Epochs);
    EXPECT_EQ(outcome.last.step, outcome.last.planned_steps);
    EXPECT_EQ(outcome.last.samples_seen, 6 * std::ssize(run.split.train));
    EXPECT_LT(outcome.best_validation->loss, outcome.initial_validation->loss);
    ASSERT_TRUE(outcome.test);
    EXPECT_EQ(outcome.test->samples, std::ssize(run.split.test));
    EXPECT_EQ(outcome.test->value("accuracy"), 1.0);
    EXPECT_EQ(run.recorder.evaluations, 6);
  });
}

TEST(Trainer, ranks_end_with_the_same_weights_and_the_losses_of_one_rank) {
  std::vector<double> one_rank;
  run_ranks(1, [&](Communicator& comm) {
    TinyRun run;
    run.train(comm);
    one_rank = run.recorder.losses;
  });
  for (const int ranks : {2, 3}) {
    std::mutex mutex;
    std::vector<std::string> hashes;
    run_ranks(ranks, [&](Communicator& comm) {
      TinyRun run;
      const TrainOutcome outcome = run.train(comm);
      ASSERT_EQ(run.recorder.losses.size(), one_rank.size());
      for (std::size_t step = 0; step < one_rank.size(); ++step) {
        EXPECT_NEAR(run.recorder.losses[step], one_rank[step], 1e-4) << "step " << step;
      }
      const std::lock_guard lock(mutex);
      hashes.push_back(outcome.weights_sha256 + outcome.best_weights_sha256);
    });
    for (const std::string& hash : hashes) EXPECT_EQ(hash, hashes.front());
  }
}

TEST(Trainer, waits_for_parameters_that_come_under_the_next_forward) {
  for (const int ranks : {1, 2, 3}) {
    run_ranks(ranks, [](Communicator& comm) {
      TinyRun expected, run;
      run.as_on_a_gpu = true;
      expected.train(comm);
      const TrainOutcome outcome = run.train(comm);  // Throws when ranks end with other weights.
      ASSERT_EQ(run.recorder.losses.size(), expected.recorder.losses.size());
      for (std::size_t step = 0; step < run.recorder.losses.size(); ++step) {
        EXPECT_NEAR(run.recorder.losses[step], expected.recorder.losses[step], 1e-4);
      }
      EXPECT_EQ(outcome.test->value("accuracy"), 1.0);
    });
  }
}

TEST(Trainer, refuses_to_end_with_weights_that_are_no_numbers) {
  for (const int ranks : {1, 2}) {
    run_ranks(ranks, [](Communicator& comm) {
      TinyRun run;
      run.split.validation.clear();
      run.options.max_steps = 1;
      run.options.learning_rate = 1e39;
      EXPECT_THAT(
          [&] { run.train(comm); },
          testing::ThrowsMessage<SharedError>(testing::HasSubstr("After step 1, the last one, ")));
    });
  }
}

TEST(Trainer, small_micro_batches_and_other_ranks_keep_the_global_batch) {
  std::vector<std::vector<double>> losses;
  const std::vector<std::pair<int, int>> settings{{1, 0}, {1, 1}, {1, 2}, {1, 3}, {2, 1}, {3, 2}};
  for (const auto& [ranks, micro_batch] : settings) {
    run_ranks(ranks, [&, size = micro_batch](Communicator& comm) {
      TinyRun run;
      run.options.micro_batch_size = size;
      run.options.epochs = 3;
      run.train(comm);
      if (comm.rank() == 0) losses.push_back(run.recorder.losses);
    });
  }
  for (const auto& of_run : losses) {
    ASSERT_EQ(of_run.size(), losses.front().size());
    for (std::size_t step = 0; step < of_run.size(); ++step) {
      EXPECT_NEAR(of_run[step], losses.front()[step], 1e-4) << "step " << step;
    }
  }
}

TEST(Trainer, the_average_is_evaluated_and_kept_and_training_goes_on_without_it) {
  for (const int ranks : {1, 2}) {
    std::vector<std::string> trained;
    for (const double average : {0.0, 0.9}) {
      run_ranks(ranks, [&](Communicator& comm) {
        TinyRun run;
        run.options.optimizer.average = average;
        const TrainOutcome outcome = run.train(comm);
        if (comm.rank() != 0) return;
        trained.push_back(outcome.weights_sha256);
        if (average > 0) {
          EXPECT_NE(outcome.best_weights_sha256, outcome.weights_sha256);
        }
        EXPECT_EQ(outcome.test->value("accuracy"), 1.0);
      });
    }
    EXPECT_EQ(trained[0], trained[1]);
  }
}

TEST(Trainer, without_a_validation_part_the_average_is_what_is_kept) {
  run_ranks(2, [](Communicator& comm) {
    TinyRun run;
    run.split = split_samples(run.data.size(), run.data.labels(), {Fraction{0}, Fraction{0.2}}, 1);
    run.options.optimizer.average = 0.9;
    const TrainOutcome outcome = run.train(comm);
    EXPECT_NE(outcome.best_weights_sha256, outcome.weights_sha256);
    EXPECT_EQ(outcome.best_step, outcome.last.step);
  });
}

TEST(Trainer, plateau_lowers_the_rate_alike_on_every_rank) {
  for (const int ranks : {1, 3}) {
    run_ranks(ranks, [](Communicator& comm) {
      TinyRun run;
      run.options.epochs = 12;
      run.options.learning_rate = 3.0;  // Too large to go on falling.
      run.options.schedule.type = ScheduleType::Plateau;
      run.options.schedule.patience = 1;
      const TrainOutcome outcome = run.train(comm);
      EXPECT_LT(outcome.last.learning_rate, 3.0);  // The run ends with the same weights, too.
    });
  }
}

TEST(Trainer, the_same_seed_and_ranks_give_the_same_weights_twice) {
  for (const int ranks : {1, 2}) {
    std::vector<std::string> hashes;
    for (int repetition = 0; repetition < 2; ++repetition) {
      run_ranks(ranks, [&](Communicator& comm) {
        TinyRun run;
        const TrainOutcome outcome = run.train(comm);
        if (comm.rank() == 0) hashes.push_back(outcome.weights_sha256);
      });
    }
    EXPECT_EQ(hashes[0], hashes[1]);
  }
}

TEST(Trainer, has_the_same_bits_on_every_number_of_ranks_when_asked) {
  for (const double clip : {0.0, 0.1}) {
    std::vector<std::string> hashes;
    std::vector<std::vector<double>> losses;
    for (const int ranks : {1, 2, 4, 8}) {
      run_ranks(ranks, [&](Communicator& comm) {
        TinyRun run;
        run.workers = 8;
        run.options.optimizer.clip_norm = clip;
        const TrainOutcome outcome = run.train(comm);
        if (comm.rank() != 0) return;
        losses.push_back(run.recorder.losses);
        losses.back().push_back(outcome.best_validation->loss);
        losses.back().push_back(outcome.test->loss);
        hashes.push_back(outcome.weights_sha256 + outcome.best_weights_sha256);
      });
    }
    for (const std::string& hash : hashes) EXPECT_EQ(hash, hashes.front());
    for (const auto& of_run : losses) EXPECT_EQ(of_run, losses.front());
  }
}

TEST(Trainer, leaves_out_the_same_samples_on_every_rank) {
  for (const PruningMethod method : {PruningMethod::Infobatch, PruningMethod::Rs2}) {
    for (const int ranks : {1, 2, 3}) {
      std::mutex mutex;
      std::vector<std::string> ends;
      run_ranks(ranks, [&](Communicator& comm) {
        TinyRun run;
        run.options.epochs = 8;
        run.data_options.pruning.method = method;
        const TrainOutcome outcome = run.train(comm);
        EXPECT_EQ(outcome.stopped_by, StoppedBy::Epochs);
        EXPECT_EQ(outcome.last.step, outcome.last.planned_steps);
        EXPECT_GT(outcome.samples_left_out, 20);
        EXPECT_EQ(outcome.samples_left_out + outcome.last.samples_seen,
                  8 * std::ssize(run.split.train));
        EXPECT_EQ(outcome.test->samples, std::ssize(run.split.test));
        EXPECT_EQ(run.recorder.evaluations, 8);
        const std::lock_guard lock(mutex);
        ends.push_back(std::to_string(outcome.samples_left_out) + outcome.weights_sha256);
      });
      for (const std::string& end : ends) EXPECT_EQ(end, ends.front());
    }
  }
}

TEST(Trainer, has_the_same_bits_when_samples_are_left_out_and_mixed) {
  std::vector<std::string> hashes;
  for (const int ranks : {1, 2, 4}) {
    run_ranks(ranks, [&](Communicator& comm) {
      TinyRun run;
      run.workers = 4;
      run.data_options.pruning.method = PruningMethod::Infobatch;
      run.data_options.augment.mixup = 0.3;
      run.data_options.threads = ranks - 1;
      const TrainOutcome outcome = run.train(comm);
      if (comm.rank() == 0) hashes.push_back(outcome.weights_sha256);
    });
  }
  for (const std::string& hash : hashes) EXPECT_EQ(hash, hashes.front());
}

TEST(Trainer, follows_the_schedule_to_its_end_in_shorter_epochs) {
  run_ranks(1, [](Communicator& comm) {
    TinyRun run;
    run.options.schedule.type = ScheduleType::Cosine;
    run.options.schedule.warmup = Fraction{0.0};
    const TrainOutcome whole = run.train(comm);
    TinyRun half;
    half.options = run.options;
    half.data_options.pruning.method = PruningMethod::Rs2;
    const TrainOutcome pruned = half.train(comm);
    EXPECT_LT(pruned.last.step, whole.last.step);
    EXPECT_LT(pruned.last.learning_rate, 0.1 * run.options.learning_rate);
    EXPECT_LT(whole.last.learning_rate, 0.1 * run.options.learning_rate);
  });
}

TEST(Trainer, stops_every_rank_when_one_is_asked_to) {
  run_ranks(3, [](Communicator& comm) {
    TinyRun run;
    if (comm.rank() == 1) run.recorder.stop = &run.stop;
    run.recorder.stop_after = 2;
    const TrainOutcome outcome = run.train(comm);
    EXPECT_EQ(outcome.stopped_by, StoppedBy::Signal);
    EXPECT_EQ(outcome.last.step, 3);  // asked after step 2, agreed in step 3
    EXPECT_FALSE(outcome.test);
  });
}

TEST(Trainer, gives_up_an_evaluation_on_every_rank_when_one_is_asked_to_stop) {
  run_ranks(3, [](Communicator& comm) {
    TinyRun run;
    if (comm.rank() == 1) run.recorder.stop = &run.stop;
    run.options.evaluate_every = 2;
    run.recorder.stop_after = 2;
    const TrainOutcome outcome = run.train(comm);
    EXPECT_EQ(outcome.stopped_by, StoppedBy::Signal);
    EXPECT_EQ(outcome.last.step, 2);
    EXPECT_EQ(run.recorder.evaluations, 0);
    EXPECT_FALSE(outcome.best_validation);
    EXPECT_EQ(outcome.best_weights_sha256, outcome.weights_sha256);
  });
}

TEST(Trainer, stops_early_and_keeps_the_best_weights) {
  run_ranks(2, [](Communicator& comm) {
    TinyRun run;
    run.options.epochs = 1000;
    run.options.learning_rate = 3.0;
    run.options.early_stopping.enabled = true;
    run.options.early_stopping.patience = 2;
    const TrainOutcome outcome = run.train(comm);
    EXPECT_EQ(outcome.stopped_by, StoppedBy::EarlyStopping);
    EXPECT_LT(outcome.best_step, outcome.last.step);
    EXPECT_NE(outcome.weights_sha256, outcome.best_weights_sha256);
  });
}

TEST(Trainer, says_which_rule_stopped_it_and_keeps_the_last_weights_when_told_so) {
  run_ranks(2, [](Communicator& comm) {
    TinyRun run;
    run.options.epochs = 1000;
    run.options.learning_rate = 3.0;
    run.options.early_stopping.enabled = true;
    run.options.early_stopping.patience = 2;
    run.options.early_stopping.restore_best = false;
    const TrainOutcome outcome = run.train(comm);
    ASSERT_TRUE(outcome.early_stop);
    EXPECT_EQ(outcome.early_stop->rule, StoppingRule::Patience);
    EXPECT_EQ(outcome.best_step, outcome.last.step);
    EXPECT_EQ(outcome.weights_sha256, outcome.best_weights_sha256);
    EXPECT_TRUE(outcome.best_validation);
  });
}

TEST(Trainer, tells_every_rank_when_the_target_is_reached_and_stops_there) {
  run_ranks(3, [](Communicator& comm) {
    TinyRun run;
    run.options.early_stopping.enabled = true;
    run.options.early_stopping.monitor = "validation_accuracy";
    run.options.early_stopping.target = 0.9;
    run.options.epochs = 1000;
    const TrainOutcome outcome = run.train(comm);
    EXPECT_EQ(outcome.stopped_by, StoppedBy::EarlyStopping);
    EXPECT_EQ(outcome.early_stop->rule, StoppingRule::Target);
    EXPECT_EQ(run.recorder.target_step, outcome.last.step);
    EXPECT_GE(outcome.best_validation->value("accuracy"), 0.9);
  });
}

TEST(Trainer, stops_at_max_steps_and_evaluates_there) {
  run_ranks(1, [](Communicator& comm) {
    TinyRun run;
    run.options.max_steps = 5;
    run.options.evaluate_every = 2;
    const TrainOutcome outcome = run.train(comm);
    EXPECT_EQ(outcome.stopped_by, StoppedBy::MaxSteps);
    EXPECT_EQ(outcome.last.step, 5);
    EXPECT_EQ(run.recorder.evaluations, 3);  // after steps 2, 4 and 5
  });
}

TEST(Trainer, tells_every_rank_at_which_step_the_loss_stopped_being_finite) {
  run_ranks(2, [](Communicator& comm) {
    TinyRun run;
    if (comm.rank() == 1) {
      for (const std::int64_t index : run.split.train) run.data.poison(index);
    }
    try {
      run.train(comm);
      FAIL() << "trained on";
    } catch (const SharedError& error) {
      EXPECT_THAT(error.what(),
                  testing::HasSubstr("Step 1: the loss is nan before any weight was changed"));
    }
  });
}

TEST(Trainer, learns_in_every_precision_what_float32_learns) {
  std::vector<double> exact;
  run_ranks(1, [&](Communicator& comm) {
    TinyRun run;
    run.train(comm);
    exact = run.recorder.losses;
  });
  for (const auto precision :
       {Precision::Bfloat16, Precision::Bfloat16Weights, Precision::Float16}) {
    for (const int ranks : {1, 2, 3}) {
      run_ranks(ranks, [&](Communicator& comm) {
        TinyRun run;
        run.options.precision = precision;
        run.options.loss_scale.initial = 1024;
        const TrainOutcome outcome = run.train(comm);
        ASSERT_EQ(run.recorder.losses.size(), exact.size());
        for (std::size_t step = 0; step < exact.size(); ++step) {
          EXPECT_NEAR(run.recorder.losses[step], exact[step], 0.02) << enum_name(precision);
        }
        EXPECT_EQ(outcome.test->value("accuracy"), 1.0);
        EXPECT_EQ(outcome.wasted.all(), 0);
      });
    }
  }
}

TEST(Trainer, has_the_same_bits_in_16_bits_on_every_number_of_ranks_when_asked) {
  for (const auto precision : {Precision::Bfloat16, Precision::Float16}) {
    std::vector<std::string> hashes;
    for (const int ranks : {1, 2, 4, 8}) {
      run_ranks(ranks, [&](Communicator& comm) {
        TinyRun run;
        run.workers = 8;
        run.options.precision = precision;
        const TrainOutcome outcome = run.train(comm);
        if (comm.rank() == 0) hashes.push_back(outcome.weights_sha256);
      });
    }
    for (const std::string& hash : hashes) EXPECT_EQ(hash, hashes.front());
  }
}

TEST(Trainer, lowers_the_loss_scale_of_all_ranks_until_no_gradient_overflows) {
  for (const int ranks : {1, 2, 3}) {
    run_ranks(ranks, [](Communicator& comm) {
      TinyRun run;
      run.options.precision = Precision::Float16;
      run.options.loss_scale.initial = 16777216;
      run.options.epochs = 8;
      const TrainOutcome outcome = run.train(comm);
      const auto& steps = run.recorder.steps;
      EXPECT_GT(outcome.wasted.skipped, 3);
      EXPECT_EQ(outcome.wasted.undone, 0);
      EXPECT_EQ(steps.front().loss_scale, 16777216.0);
      EXPECT_EQ(steps.front().passed_over, "gradients overflowed in fp16");
      const auto halvings = static_cast<double>(outcome.wasted.skipped);
      EXPECT_EQ(steps.back().loss_scale, 16777216.0 * std::pow(0.5, halvings));
      EXPECT_TRUE(steps.back().passed_over.empty());
      EXPECT_EQ(outcome.test->value("accuracy"), 1.0);
    });
  }
}

/// A sample of the given step, counted from 0.
std::int64_t sample_of_step(const TinyRun& run, std::int64_t step) {
  const auto plan = [&](std::int64_t epoch) {
    return EpochPlan(run.split.train, std::nullopt, run.options.batch_size, 3, epoch);
  };
  const std::int64_t steps = plan(0).steps();
  const EpochPlan of_step = plan(step / steps);
  return of_step.sample(step % steps, of_step.batch(step % steps) - 1).index;
}

TEST(Trainer, skips_on_every_rank_what_is_not_finite_on_one) {
  for (const int ranks : {1, 2, 3}) {
    run_ranks(ranks, [](Communicator& comm) {
      TinyRun run;
      run.options.guards.non_finite = OnNonFinite::Skip;
      if (comm.rank() == comm.size() - 1) run.data.poison(sample_of_step(run, 2));
      const TrainOutcome outcome = run.train(comm);
      // The sample comes once in each epoch, perhaps to a rank that holds it unspoiled.
      EXPECT_GE(outcome.wasted.skipped, comm.size() == 1 ? run.options.epochs : 1);
      EXPECT_LE(outcome.wasted.skipped, run.options.epochs);
      EXPECT_EQ(run.recorder.steps[2].passed_over, "the loss is nan");
      EXPECT_TRUE(run.recorder.steps[1].passed_over.empty());
      EXPECT_TRUE(run.recorder.steps[1].gradient_norm);
      EXPECT_EQ(outcome.test->value("accuracy"), 1.0);
    });
  }
}

TEST(Trainer, rolls_every_rank_back_to_the_last_snapshot) {
  for (const int ranks : {1, 2, 3}) {
    std::vector<std::string> hashes;
    for (const bool spoiled : {false, true}) {
      run_ranks(ranks, [&](Communicator& comm) {
        TinyRun run;
        run.options.guards.non_finite = OnNonFinite::Rollback;
        run.options.guards.snapshot_every = 2;
        run.options.max_steps = spoiled ? 4 : 2;  // Snapshots before the steps 1 and 3.
        if (spoiled && comm.rank() == comm.size() - 1) run.data.poison(sample_of_step(run, 3));
        const TrainOutcome outcome = run.train(comm);
        EXPECT_EQ(outcome.wasted.rollbacks, spoiled ? 1 : 0);
        EXPECT_EQ(outcome.wasted.skipped, spoiled ? 1 : 0);
        EXPECT_EQ(outcome.wasted.undone, spoiled ? 1 : 0);
        if (comm.rank() == 0) hashes.push_back(outcome.weights_sha256);
      });
    }
    EXPECT_EQ(hashes[0], hashes[1]);
  }
}

TEST(Trainer, counts_no_sample_that_could_not_be_read) {
  for (int ranks : {1, 2, 3}) {
    std::vector<std::int64_t> seen;
    for (const bool lost : {false, true}) {
      run_ranks(ranks, [&](Communicator& comm) {
        TinyRun run;
        run.options.epochs = 1;
        if (lost) run.data.lose(sample_of_step(run, 2));
        const TrainOutcome outcome = run.train(comm);
        if (comm.rank() == 0) seen.push_back(outcome.last.samples_seen);
        EXPECT_TRUE(std::isfinite(run.recorder.losses[1]));
      });
    }
    EXPECT_EQ(seen[1], seen[0] - 1) << ranks;
  }
}

TEST(Trainer, keeps_the_loss_scale_when_a_finite_loss_is_passed_over) {
  TinyRun run;
  run.options.epochs = 60;
  run.options.precision = Precision::Float16;
  run.options.guards.spike = OnSpike::Skip;
  const std::int64_t sample = sample_of_step(run, 150);
  run.recorder.after_step = [&](const StepStatus& status) {
    if (status.step == 149) run.data.poison(sample, sample % 2 == 0 ? -1e4F : 1e4F);
  };
  run_ranks(1, [&](Communicator& comm) { run.train(comm); });
  std::optional<double> scale;
  int spikes = 0;
  for (const StepStatus& status : run.recorder.steps) {
    if (scale) {
      EXPECT_EQ(status.loss_scale, scale) << "step " << status.step;
    }
    const bool of_the_loss = status.passed_over.find("loss") != std::string::npos;
    scale = of_the_loss ? status.loss_scale : std::nullopt;
    spikes += of_the_loss ? 1 : 0;
  }
  EXPECT_GT(spikes, 0);
}

TEST(Trainer, skips_a_spike_of_the_loss_and_learns_on) {
  run_ranks(2, [](Communicator& comm) {
    TinyRun run;
    run.options.epochs = 60;
    run.options.guards.spike = OnSpike::Skip;
    const std::int64_t sample = sample_of_step(run, 150);
    run.recorder.after_step = [&](const StepStatus& status) {
      if (status.step == 149) run.data.poison(sample, sample % 2 == 0 ? -1e6F : 1e6F);
    };
    const TrainOutcome outcome = run.train(comm);
    EXPECT_GT(outcome.wasted.skipped, 0);
    std::int64_t last_spike = 0;
    for (const StepStatus& status : run.recorder.steps) {
      if (status.passed_over.empty()) continue;
      last_spike = status.step;
      EXPECT_THAT(status.passed_over, testing::HasSubstr("standard deviations above the last 128"));
    }
    EXPECT_GE(last_spike, 150);
    EXPECT_TRUE(std::isfinite(run.recorder.losses.back()));
    EXPECT_EQ(outcome.test->value("accuracy"), 1.0);
  });
}

TEST(Trainer, gives_up_on_every_rank_after_too_many_bad_steps_in_a_row) {
  run_ranks(2, [](Communicator& comm) {
    TinyRun run;
    run.options.guards.non_finite = OnNonFinite::Skip;
    run.options.guards.most_in_a_row = 3;
    for (const std::int64_t index : run.split.train) run.data.poison(index);
    try {
      run.train(comm);
      FAIL() << "trained on";
    } catch (const SharedError& error) {
      EXPECT_THAT(error.what(), testing::HasSubstr("Step 3: the loss is nan; that makes 3 steps"));
    }
  });
}

TEST(Trainer, asks_for_no_norm_and_no_scale_when_nothing_needs_them) {
  run_ranks(1, [](Communicator& comm) {
    TinyRun run;
    run.train(comm);
    for (const StepStatus& status : run.recorder.steps) {
      EXPECT_FALSE(status.gradient_norm || status.loss_scale);
    }
  });
}

}  // namespace
}  // namespace greentrain
