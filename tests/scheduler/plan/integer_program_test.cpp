#include <random>

#include <gtest/gtest.h>

#include "scheduler/plan/exact_planner.h"
#include "tests/scheduler/plan/glpk_oracle.h"
#include "tests/scheduler/plan/sample_jobs.h"

namespace greentrain {
namespace {

using namespace std::chrono_literals;

/// A small job on a grid that its speeds fit exactly: cells of 1 s, slots of 15 min.
struct Instance {
  Job job;
  std::vector<PlanSlot> slots;
  std::size_t cells;
};

Instance make_instance(unsigned seed) {
  std::mt19937 random(seed);
  const auto pick = [&](int low, int high) {
    return std::uniform_int_distribution<int>(low, high)(random);
  };
  std::vector<Level> levels{{"full", 1, Watts{1000}, Watts{1000}}};
  if (seed % 3 > 0) levels.push_back({"60 %", 0.85, Watts{660}, Watts{1000}});
  if (seed % 3 > 1) levels.push_back({"40 %", 0.60, Watts{490}, Watts{1000}});
  Instance instance{sample_job(Seconds{100.0 * pick(3, 30)}, levels), {}, 0};
  instance.job.startup = Seconds{60.0 * pick(0, 10)};
  instance.job.checkpoint = Seconds{60.0 * pick(0, 3)};
  if (seed % 2 == 0) instance.job.paused_power = Watts{50.0 * pick(0, 4)};
  const int fastest = static_cast<int>(fastest_run(instance.job, instance.job.work) / 900s) + 2;
  std::vector<double> intensities;
  for (int slot = 0; slot < std::max(6, fastest + pick(0, 3)); ++slot) {
    intensities.push_back(pick(50, 500));
  }
  instance.slots = slots_of(intensities, 15min);
  instance.cells = static_cast<std::size_t>(instance.job.work / 1s);
  return instance;
}

class IntegerProgram : public testing::TestWithParam<unsigned> {};

TEST_P(IntegerProgram, finds_no_cheaper_plan_than_the_planner) {
  const Instance instance = make_instance(GetParam());
  const auto least = least_cost(instance.job, instance.slots);
  ASSERT_TRUE(least);
  ExactPlanner planner(GridSize::exactly(instance.cells));
  const auto plan = planner.plan(instance.job, instance.slots);
  ASSERT_TRUE(plan);
  EXPECT_TRUE(plan->complete());
  EXPECT_NEAR(plan->cost, *least, 2e-6 * *least);
  const double bound = planner.lower_bound(instance.job, instance.slots);
  EXPECT_LE(bound, *least * (1 + 1e-9));
  EXPECT_GE(bound, *least * (1 - 1e-5));
}

INSTANTIATE_TEST_SUITE_P(Jobs, IntegerProgram, testing::Range(0U, 60U));

}  // namespace
}  // namespace greentrain
