// How long a training loop of 0.3 ms steps waits for its samples, with and without threads that
// read ahead. Run by loader.sh.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <numeric>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "comm/thread_communicator.h"
#include "trainer/data/numeric_dataset.h"
#include "trainer/loop/batch_feed.h"

namespace {

using namespace greentrain;
using Clock = std::chrono::steady_clock;

constexpr std::int64_t kSamples = 8192;
constexpr std::int64_t kBatch = 64;
constexpr auto kStep = std::chrono::microseconds(300);

/// Images of random bytes as CIFAR-10 has them.
NumericDataset random_images() {
  CounterRandom random(1);
  std::vector<std::uint8_t> bytes(kSamples * 3 * 32 * 32);
  std::ranges::generate(bytes, [&] { return static_cast<std::uint8_t>(random.next()); });
  std::vector<std::int64_t> labels(kSamples);
  for (std::int64_t i = 0; i < kSamples; ++i) labels[static_cast<std::size_t>(i)] = i % 10;
  return {{"random", "none", {3, 32, 32}, 10}, std::move(bytes), std::move(labels)};
}

/// Stands for forward, backward and update: keeps the core busy and touches the batch once.
void compute(const Batch& batch, Clock::time_point begin) {
  const float* numbers = batch.inputs.const_data_ptr<float>();
  volatile float sum = std::accumulate(numbers, numbers + 1024, 0.0f);
  static_cast<void>(sum);
  while (Clock::now() - begin < kStep) {
  }
}

/// Share of the time that the loop had no samples, in percent.
double stall_pct(const NumericDataset& data, std::int64_t threads, std::int64_t steps) {
  double share = 0;
  run_ranks(1, [&](Communicator& comm) {
    DataOptions options;
    options.threads = threads;
    options.augment = {.flip = true, .crop_padding = 4, .cutout = 8};
    std::vector<std::int64_t> training(kSamples);
    std::iota(training.begin(), training.end(), 0);
    BatchFeed feed(comm, data, training, options, {kBatch, 1 << 20, 1, {0, 1, 1}}, {0, 0, 0});
    const auto step = [&] {
      feed.begin_step();
      const Batch& batch = feed.next();
      compute(batch, Clock::now());
    };
    for (int warm_up = 0; warm_up < 100; ++warm_up) step();
    const Seconds waited_before = feed.waited();
    const auto begin = Clock::now();
    for (std::int64_t i = 0; i < steps; ++i) step();
    share = (feed.waited() - waited_before) / Seconds(Clock::now() - begin);
  });
  return 100 * share;
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

}  // namespace

int main(int count, char** arguments) {
  const bool quick = count > 1 && std::string_view(arguments[1]) == "--quick";
  const int rounds = quick ? 1 : 9;
  const std::int64_t steps = quick ? 500 : 8000;
  const NumericDataset data = random_images();
  std::vector<double> alone;
  std::vector<double> ahead;
  for (int round = 0; round < rounds; ++round) {
    alone.push_back(stall_pct(data, 0, steps));
    ahead.push_back(stall_pct(data, 1, steps));
    fmt::print("round {}: {:.2f} % without a thread, {:.3f} % with one\n", round + 1, alone.back(),
               ahead.back());
  }
  fmt::print("RESULT loader_stall_without_threads_pct={:.3g} %\n", median(alone));
  fmt::print("RESULT loader_stall_pct={:.3g} %\n", median(ahead));
  return EXIT_SUCCESS;
}
