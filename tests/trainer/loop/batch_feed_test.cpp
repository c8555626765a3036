#include "trainer/loop/batch_feed.h"

#include <map>
#include <mutex>
#include <numeric>

#include <ATen/ops/empty.h>
#include <gmock/gmock.h>

#include "comm/thread_communicator.h"
#include "core/error.h"

namespace greentrain {
namespace {

using ::testing::ThrowsMessage;

/// Images [1, 2, 2] whose pixels are their number; labels 0 and 1 in turn.
class Numbers final : public Dataset {
 public:
  explicit Numbers(std::int64_t samples) {
    for (std::int64_t i = 0; i < samples; ++i) labels_.push_back(i % 2);
    info_ = {"numbers", "none", {1, 2, 2}, 2, false};
  }
  const DatasetInfo& info() const override { return info_; }
  std::int64_t size() const override { return std::ssize(labels_); }
  std::span<const std::int64_t> labels() const override { return labels_; }
  void read(std::span<const std::int64_t> indices, Batch& into) const override {
    into.samples = std::ssize(indices);
    auto* input = reuse(into.inputs, {into.samples, 1, 2, 2}, at::kFloat).mutable_data_ptr<float>();
    auto* label = reuse(into.targets, {into.samples}, at::kLong).mutable_data_ptr<std::int64_t>();
    for (const std::int64_t index : indices) {
      if (index == broken) throw UsageError("numbers/13.png: broken");
      input = std::fill_n(input, 4, static_cast<float>(index));
      *label++ = labels_[static_cast<std::size_t>(index)];
    }
  }
  std::int64_t broken{-1};

 private:
  DatasetInfo info_;
  std::vector<std::int64_t> labels_;
};

constexpr std::int64_t kSamples = 41;
constexpr std::int64_t kBatch = 7;
constexpr std::int64_t kEpochs = 4;

struct Visit {
  std::int64_t step;
  std::vector<float> pixels;
  float weight;
  bool operator==(const Visit&) const = default;
};

std::vector<std::int64_t> all_samples() {
  std::vector<std::int64_t> samples(kSamples);
  std::iota(samples.begin(), samples.end(), 0);
  return samples;
}

/// What all ranks visit, in order of step and share; the loss of a sample is its number.
std::vector<Visit> visits(int ranks, const DataOptions& options) {
  std::mutex mutex;
  std::map<std::pair<std::int64_t, int>, std::vector<Visit>> seen;
  run_ranks(ranks, [&](Communicator& comm) {
    const Numbers data(kSamples);
    const auto training = all_samples();
    BatchFeed feed(comm, data, training, options, {kBatch, kEpochs, 1, {comm.rank(), 1, ranks}},
                   {-1});
    for (std::int64_t step = 0; !feed.is_over(); ++step) {
      feed.begin_step();
      const Batch& batch = feed.next();
      const at::Tensor numbers = at::empty({batch.samples});
      std::vector<Visit> mine;
      for (std::int64_t i = 0; i < batch.samples; ++i) {
        const float* pixels = batch.inputs.const_data_ptr<float>() + 4 * i;
        const float weight = batch.weights.defined() ? batch.weights[i].item<float>() : 1;
        mine.push_back({step, {pixels, pixels + 4}, weight});
        numbers[i] = pixels[0];
      }
      if (feed.learns()) feed.learn(numbers);
      const std::lock_guard lock(mutex);
      seen[{step, comm.rank()}] = std::move(mine);
    }
  });
  std::vector<Visit> in_order;
  for (const auto& [key, some] : seen) in_order.insert(in_order.end(), some.begin(), some.end());
  return in_order;
}

TEST(BatchFeed, visits_the_same_samples_on_any_number_of_ranks) {
  for (const PruningMethod method :
       {PruningMethod::None, PruningMethod::Infobatch, PruningMethod::Rs2}) {
    DataOptions options;
    options.pruning.method = method;
    const auto alone = visits(1, options);
    const std::size_t all = kSamples * kEpochs;
    EXPECT_EQ(alone.size() == all, method == PruningMethod::None) << alone.size();
    for (const int ranks : {2, 3}) EXPECT_EQ(visits(ranks, options), alone) << ranks << " ranks";
  }
}

TEST(BatchFeed, changes_samples_alike_on_any_number_of_ranks_and_threads) {
  DataOptions options;
  options.augment = {.flip = true, .crop_padding = 1, .cutout = 1, .mixup = 0.4};
  options.threads = 0;
  const auto alone = visits(1, options);
  EXPECT_NE(alone, visits(1, DataOptions{}));
  for (const int threads : {0, 1, 3}) {
    options.threads = threads;
    for (const int ranks : {1, 2, 3}) EXPECT_EQ(visits(ranks, options), alone);
  }
}

TEST(BatchFeed, reads_ahead_with_every_way_to_prune) {
  for (const PruningMethod method : {PruningMethod::Infobatch, PruningMethod::Rs2}) {
    DataOptions options;
    options.pruning.method = method;
    const auto in_place = visits(2, options);
    options.threads = 2;
    EXPECT_EQ(visits(2, options), in_place);
  }
}

TEST(BatchFeed, throws_an_error_of_its_threads_at_the_same_step_as_without) {
  run_ranks(1, [](Communicator& comm) {
    std::vector<std::int64_t> steps;
    for (const int threads : {0, 2}) {
      Numbers data(kSamples);
      data.broken = 13;
      DataOptions options;
      options.threads = threads;
      const auto training = all_samples();
      BatchFeed feed(comm, data, training, options, {kBatch, kEpochs, 1, {0, 1, 1}}, {});
      std::int64_t step = 0;
      EXPECT_THAT(
          [&] {
            for (;; ++step) {
              feed.begin_step();
              feed.next();
            }
          },
          ThrowsMessage<UsageError>("numbers/13.png: broken"));
      steps.push_back(step);
    }
    EXPECT_EQ(steps[0], steps[1]);
  });
}

TEST(BatchFeed, counts_steps_and_what_is_left_out) {
  run_ranks(1, [](Communicator& comm) {
    const Numbers data(kSamples);
    DataOptions options;
    options.pruning.method = PruningMethod::Rs2;
    const auto training = all_samples();
    BatchFeed feed(comm, data, training, options, {kBatch, kEpochs, 1, {0, 1, 1}}, {});
    EXPECT_EQ(feed.full_steps(), 6 * kEpochs);
    std::int64_t samples = 0;
    std::int64_t steps = 0;
    std::int64_t before = -1;
    while (!feed.is_over()) {
      samples += feed.begin_step();
      feed.next();
      EXPECT_GT(feed.full_step(), before);
      before = feed.full_step();
      EXPECT_EQ(feed.epoch_is_over(), ++steps % 3 == 0);
    }
    EXPECT_EQ(feed.planned_steps(), steps);
    EXPECT_EQ(feed.samples_left_out() + samples, kSamples * kEpochs);
    EXPECT_NEAR(static_cast<double>(samples), kSamples * kEpochs / 2.0, 2);
  });
}

TEST(BatchFeed, weighs_unreadable_and_kept_samples) {
  DataOptions options;
  options.pruning.method = PruningMethod::Infobatch;
  std::map<std::int64_t, int> left_out;
  for (const Visit& visit : visits(1, options)) {
    const bool first_epoch = visit.step < 6;
    const bool low = visit.pixels[0] < 20;  // The mean is 20.
    if (!low || first_epoch) {
      EXPECT_EQ(visit.weight, 1);
    }
    EXPECT_TRUE(visit.weight == 1 || visit.weight == 2);
  }
}

TEST(ReaderThreads, are_started_where_making_samples_takes_time) {
  DataOptions options;
  EXPECT_EQ(reader_threads(options), 0);
  options.augment.mixup = 0.2;
  EXPECT_EQ(reader_threads(options), 1);
  options.augment = {};
  options.format = DataFormat::Images;
  EXPECT_EQ(reader_threads(options), 1);
  options.threads = 0;
  EXPECT_EQ(reader_threads(options), 0);
}

}  // namespace
}  // namespace greentrain
