#include "scheduler/plan/exact_planner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scheduler/plan/baselines.h"
#include "scheduler/plan/levels.h"
#include "tests/scheduler/plan/sample_jobs.h"

namespace greentrain {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

/// The least cost over every possible SlotLevels, by trying all of them.
double try_everything(const Job& job, const std::vector<PlanSlot>& slots) {
  double least = std::numeric_limits<double>::infinity();
  SlotLevels levels(slots.size(), kOff);
  const int last = static_cast<int>(job.levels.size()) - 1;
  for (;;) {
    const Plan plan = follow(job, slots, levels);
    if (plan.complete()) least = std::min(least, plan.cost);
    std::size_t digit = 0;
    while (digit < levels.size() && levels[digit] == last) levels[digit++] = kOff;
    if (digit == levels.size()) return least;
    ++levels[digit];
  }
}

TEST(ExactPlanner, waits_for_the_cleanest_hours) {
  const Job job = sample_job(2h);
  const auto plan = ExactPlanner().plan(job, slots_of({400, 300, 100, 100, 300}));
  ASSERT_TRUE(plan);
  EXPECT_THAT(plan->levels, ElementsAre(kOff, kOff, 0, 0, kOff));
  EXPECT_EQ(plan->start, kNoon + 2h);
  EXPECT_EQ(plan->end, kNoon + 4h);
  EXPECT_DOUBLE_EQ(plan->grams.value, 200);
}

TEST(ExactPlanner, pauses_only_if_that_saves_more_than_the_restart_costs) {
  Job job = sample_job(2h);
  const auto slots = slots_of({100, 150, 100, 150});
  EXPECT_THAT(ExactPlanner().plan(job, slots)->levels, ElementsAre(0, kOff, 0, kOff));
  job.startup = 30min;
  job.work = 1h;
  EXPECT_THAT(ExactPlanner().plan(job, slots)->levels, ElementsAre(0, 0, kOff, kOff));
}

TEST(ExactPlanner, starts_at_once_among_equal_hours_at_the_most_efficient_level) {
  const Job job = sample_job(2h, two_levels());
  const auto plan = ExactPlanner().plan(job, slots_of(std::vector<double>(24, 200)));
  EXPECT_THAT(std::vector(plan->levels.begin(), plan->levels.begin() + 4),
              ElementsAre(1, 1, 1, kOff));
}

TEST(ExactPlanner, runs_at_full_power_when_the_deadline_leaves_nothing_else) {
  const Job job = sample_job(3h, two_levels());
  const auto plan = ExactPlanner().plan(job, slots_of({500, 100, 400}));
  EXPECT_THAT(plan->levels, ElementsAre(0, 0, 0));
  EXPECT_FALSE(ExactPlanner().plan(job, slots_of({500, 100})));
  EXPECT_EQ(ExactPlanner().lower_bound(job, slots_of({500, 100})),
            std::numeric_limits<double>::infinity());
}

TEST(ExactPlanner, keeps_to_its_limits) {
  const Job job = sample_job(2h);
  const auto slots = slots_of({400, 100, 300, 100, 50});
  EXPECT_THAT(ExactPlanner().plan(job, slots, PlanLimits::run_at_once())->levels,
              ElementsAre(0, 0, kOff, kOff, kOff));
  EXPECT_THAT(ExactPlanner().plan(job, slots, {1, 0})->levels, ElementsAre(kOff, 0, 0, kOff, kOff));
  EXPECT_THAT(ExactPlanner().plan(job, slots, {1, PlanLimits::kAnySlot})->levels,
              ElementsAre(kOff, 0, kOff, kOff, 0));
}

TEST(ExactPlanner, lets_a_running_job_go_on_without_a_start) {
  Job job = sample_job(1h);
  job.startup = 30min;
  job.running_nodes = 1;
  const auto plan = ExactPlanner().plan(job, slots_of({150, 100, 100}));
  EXPECT_THAT(plan->levels, ElementsAre(0, kOff, kOff));
  EXPECT_EQ(plan->starts, 0);
}

TEST(ExactPlanner, resumes_a_paused_job_in_the_first_of_equal_hours) {
  Job job = sample_job(59min);
  job.paused = true;
  const auto plan = ExactPlanner().plan(
      job, slots_of({400, 400, 400, 400, 100, 100, 100, 100, 100, 100, 100, 100, 400}, 15min));
  EXPECT_EQ(plan->start, kNoon + 1h);
}

TEST(ExactPlanner, ends_a_pause_in_the_first_of_equal_hours) {
  Job job = sample_job(1h + 59min);
  job.running_nodes = 1;
  const auto slots =
      slots_of({100, 100, 100, 100, 400, 400, 100, 100, 100, 100, 100, 100, 100, 100}, 15min);
  const auto plan = ExactPlanner().plan(job, slots);
  EXPECT_EQ(plan->starts, 1);
  EXPECT_EQ(plan->levels[5], kOff);
  EXPECT_EQ(plan->levels[6], 0);
  EXPECT_EQ(plan->levels[9], 0);
}

TEST(ExactPlanner, books_the_power_of_a_paused_job) {
  Job job = sample_job(1h);
  job.paused = true;
  const auto slots = slots_of({200, 100, 100});
  EXPECT_THAT(ExactPlanner().plan(job, slots)->levels, ElementsAre(kOff, 0, kOff));
  job.paused_power = Watts{600};
  EXPECT_THAT(ExactPlanner().plan(job, slots)->levels, ElementsAre(0, kOff, kOff));
}

TEST(ExactPlanner, leaves_alone_slots_that_are_taken) {
  const Job job = sample_job(2h);
  auto slots = slots_of({300, 100, 100, 200});
  slots[1].free_nodes = 0;
  slots[2].free_power = Watts{900};
  EXPECT_THAT(ExactPlanner().plan(job, slots)->levels, ElementsAre(0, kOff, kOff, 0));
}

TEST(ExactPlanner, may_end_where_the_next_slot_is_taken) {
  Job job = sample_job(2h);
  job.paused_power = Watts{500};
  auto slots = slots_of({100, 100, 300, 300});
  slots[2].free_nodes = 0;
  for (const PlanLimits& limits : {PlanLimits{}, PlanLimits::run_at_once()}) {
    EXPECT_THAT(ExactPlanner().plan(job, slots, limits)->levels, ElementsAre(0, 0, kOff, kOff));
    EXPECT_NEAR(ExactPlanner().lower_bound(job, slots, limits), 200, 1e-2);
  }
}

TEST(ExactPlanner, starts_late_when_the_last_slot_is_cut_short) {
  Job job = sample_job(3h);
  auto slots = slots_of({400, 300, 200, 100, 100, 100}, 1h);
  slots.back().length = 30min;
  job.work = 3h + 29min + 40s;  // Started in slot 2 it ends 20 s before the deadline: half a cell.
  EXPECT_THAT(ExactPlanner().plan(job, slots)->levels, ElementsAre(kOff, kOff, 0, 0, 0, 0));
}

TEST(ExactPlanner, pays_prices_of_nodes_and_energy) {
  const Job job = sample_job(1h);
  auto slots = slots_of({100, 120, 140});
  slots[0].node_price = 30.0 / 3600;
  slots[1].energy_price = GramsPerKwh{30};
  const auto plan = ExactPlanner().plan(job, slots);
  EXPECT_THAT(plan->levels, ElementsAre(0, kOff, kOff));
  EXPECT_NEAR(plan->cost, 130, 1e-9);
  EXPECT_NEAR(plan->grams.value, 100, 1e-9);
}

TEST(ExactPlanner, changes_workers_only_through_a_restart) {
  // Two workers are less efficient; with a cheap restart they are worth it for the cleanest hour.
  Job job = sample_job(
      3h, {{"two", 1.5, Watts{1000}, Watts{1000}, 2}, {"one", 1, Watts{500}, Watts{500}, 1}});
  const auto slots = slots_of({60, 10, 60, 300});
  job.startup = 1min;
  EXPECT_THAT(ExactPlanner().plan(job, slots)->levels, ElementsAre(1, 0, 1, kOff));
  job.startup = 40min;
  EXPECT_EQ(ExactPlanner().plan(job, slots)->starts, 1);
}

TEST(ExactPlanner, is_as_good_as_trying_everything) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    auto levels = two_levels();
    if (seed % 2 == 1) levels[1].nodes = 2;
    Job job = sample_job(Seconds{2000.0 + 100 * seed}, levels);
    job.startup = Seconds{300.0 * (seed % 5)};  // Up to more than a slot.
    job.checkpoint = Seconds{60.0 * (seed % 3)};
    job.paused_power = Watts{20.0 * (seed % 4)};
    const auto slots = slots_of(generated_intensities(8, seed), 15min);
    ExactPlanner planner(GridSize::exactly(1 << 15));
    const auto plan = planner.plan(job, slots);
    const double least = try_everything(job, slots);
    ASSERT_TRUE(plan) << seed;
    EXPECT_NEAR(plan->cost, least, 3e-4 * least) << seed;
    EXPECT_LE(planner.lower_bound(job, slots), least * (1 + 1e-9)) << seed;
    EXPECT_GE(planner.lower_bound(job, slots), least * (1 - 1e-3)) << seed;
  }
}

TEST(ExactPlanner, is_enclosed_ever_more_tightly_by_its_bound) {
  Job job = sample_job(5h, cap_levels(assumed_cap_curve(), Watts{1000}));
  job.startup = 10min;
  const auto slots = slots_of(generated_intensities(96, 7), 15min);
  double gap_before = 1;
  for (const std::size_t cells : {256U, 2048U, 16384U}) {
    ExactPlanner planner(GridSize::exactly(cells));
    const double cost = planner.plan(job, slots)->cost;
    const double gap = cost / planner.lower_bound(job, slots) - 1;
    EXPECT_GE(gap, 0);
    EXPECT_LT(gap, gap_before / 2);
    gap_before = gap;
  }
  EXPECT_LT(gap_before, 1e-3);
}

class ExactPlannerBySlot : public testing::TestWithParam<std::chrono::minutes> {};

INSTANTIATE_TEST_SUITE_P(Slots, ExactPlannerBySlot, testing::Values(5min, 15min, 60min));

TEST_P(ExactPlannerBySlot, is_never_worse_than_a_simple_policy) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    Job job = sample_job(Seconds{900.0 * (2 + seed)}, cap_levels(assumed_cap_curve(), Watts{800}));
    job.startup = 10min;  // Longer than the shortest slots.
    const auto slots = slots_of(generated_intensities(24h / GetParam(), seed), GetParam());
    const double cost = ExactPlanner().plan(job, slots)->cost;
    for (const auto& other : {run_now(job, slots), best_window(job, slots), wait_awhile(job, slots),
                              best_static_level(job, slots), best_window_and_level(job, slots)}) {
      ASSERT_TRUE(other);
      EXPECT_LE(cost, other->cost * (1 + 1e-9)) << seed;
    }
  }
}

}  // namespace
}  // namespace greentrain
