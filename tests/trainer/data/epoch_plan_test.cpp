#include "trainer/data/epoch_plan.h"

#include <algorithm>
#include <numeric>

#include <gmock/gmock.h>

#include "trainer/data/epoch_planner.h"

namespace greentrain {
namespace {

using ::testing::ElementsAre;
using ::testing::IsSubsetOf;

using Samples = std::vector<std::int64_t>;

Samples training(std::int64_t count) {
  Samples result(static_cast<std::size_t>(count));
  std::iota(result.begin(), result.end(), 100);
  return result;
}

Samples visited(const EpochPlan& plan) {
  Samples seen;
  for (std::int64_t step = 0; step < plan.steps(); ++step) {
    for (std::int64_t i = 0; i < plan.batch(step); ++i) seen.push_back(plan.sample(step, i).index);
  }
  return seen;
}

TEST(EpochPlan, visits_every_sample_once_for_every_size_of_tail) {
  for (const std::int64_t count : {1, 2, 7, 8, 9}) {
    const Samples samples = training(count);
    Samples seen = visited(EpochPlan(samples, std::nullopt, 4, 1, 0));
    std::ranges::sort(seen);
    EXPECT_EQ(seen, samples);
  }
}

TEST(EpochPlan, only_the_last_batch_is_smaller) {
  const Samples samples = training(9);
  const EpochPlan plan(samples, std::nullopt, 4, 1, 0);
  EXPECT_EQ(plan.steps(), 3);
  EXPECT_EQ(plan.batch(0), 4);
  EXPECT_EQ(plan.batch(1), 4);
  EXPECT_EQ(plan.batch(2), 1);
}

TEST(EpochPlan, order_depends_on_seed_and_epoch_only) {
  const Samples samples = training(50);
  const auto order = [&](std::uint64_t seed, std::int64_t epoch, std::int64_t batch) {
    return visited(EpochPlan(samples, std::nullopt, batch, seed, epoch));
  };
  EXPECT_EQ(order(1, 0, 8), order(1, 0, 5));
  EXPECT_NE(order(1, 0, 8), order(1, 1, 8));
  EXPECT_NE(order(1, 0, 8), order(2, 0, 8));
}

TEST(EpochPlan, visits_only_what_is_kept_with_its_weights) {
  const Samples samples = training(10);
  const EpochPlan plan(samples, KeptSamples{{2, 5, 6}, {1, 2, 4}}, 2, 1, 3);
  EXPECT_EQ(plan.samples(), 3);
  EXPECT_EQ(plan.steps(), 2);
  std::vector<float> weights(10);
  for (std::int64_t i = 0; i < 3; ++i) {
    const PlannedSample sample = plan.sample(i / 2, i % 2);
    EXPECT_EQ(sample.index, 100 + sample.place);
    weights[static_cast<std::size_t>(sample.place)] = sample.weight;
  }
  EXPECT_THAT(weights, ElementsAre(0, 0, 1, 0, 0, 2, 4, 0, 0, 0));
}

TEST(EpochPlanner, gives_rs2_the_labels_of_the_training_part) {
  const Samples samples{1, 3, 5, 7};  // Of eight samples; these have the labels 1 0 1 0.
  const Samples labels{9, 1, 9, 0, 9, 1, 9, 0};
  PruningOptions options;
  options.method = PruningMethod::Rs2;
  const EpochPlanner planner(samples, labels, options, 2, 10, 1);
  EXPECT_FALSE(planner.learns());
  const Samples seen = visited(*planner.plan(0));
  EXPECT_EQ(seen.size(), 2u);
  EXPECT_THAT(seen, IsSubsetOf(samples));
  EXPECT_NE(labels[static_cast<std::size_t>(seen[0])], labels[static_cast<std::size_t>(seen[1])]);
}

TEST(EpochPlanner, plans_by_what_it_learnt) {
  const Samples samples = training(100);
  PruningOptions options;
  options.method = PruningMethod::Infobatch;
  EpochPlanner planner(samples, {}, options, 10, 8, 1);
  EXPECT_TRUE(planner.learns());
  EXPECT_EQ(planner.plan(0)->samples(), 100);
  EXPECT_FALSE(planner.plan(0)->has_weights());
  Samples places(100);
  std::iota(places.begin(), places.end(), 0);
  std::vector<float> losses(100, 0.1f);
  losses[7] = 10;
  planner.learn(places, losses);
  EXPECT_LT(planner.plan(1)->samples(), 75);
  EXPECT_TRUE(planner.plan(1)->has_weights());
  EXPECT_EQ(planner.plan(7)->samples(), 100);  // 7 >= 0.875 x 8: annealed.
}

}  // namespace
}  // namespace greentrain
