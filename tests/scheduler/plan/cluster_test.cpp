#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scheduler/plan/cluster_planner.h"
#include "scheduler/plan/levels.h"
#include "scheduler/plan/slot_ledger.h"
#include "tests/scheduler/plan/sample_jobs.h"

namespace greentrain {
namespace {

using namespace std::chrono_literals;

Cluster sample_cluster(std::vector<double> intensities, int nodes) {
  Cluster cluster;
  cluster.start = kNoon;
  cluster.step = 1h;
  for (const double value : intensities) cluster.intensities.push_back(GramsPerKwh{value});
  cluster.nodes = nodes;
  cluster.power = Watts{1000.0 * nodes};
  return cluster;
}

std::vector<Job> equal_jobs(std::size_t count, Seconds work) {
  std::vector<Job> jobs(count, sample_job(work));
  for (std::size_t index = 0; index < count; ++index) jobs[index].id = std::to_string(index);
  return jobs;
}

/// The plans put into a ledger: what they hold at most.
SlotLedger book(const Cluster& cluster, const std::vector<Job>& jobs, const ClusterPlan& made) {
  SlotLedger ledger(cluster.start, cluster.step, cluster.intensities.size(), cluster.nodes,
                    cluster.power);
  for (std::size_t index = 0; index < jobs.size(); ++index) {
    if (made.jobs[index].plan) {
      ledger.reserve(jobs[index], made.jobs[index].slots, *made.jobs[index].plan);
    }
  }
  return ledger;
}

void expect_within_limits(const Cluster& cluster, const std::vector<Job>& jobs,
                          const ClusterPlan& made) {
  const SlotLedger ledger = book(cluster, jobs, made);
  for (std::size_t slot = 0; slot < ledger.slots(); ++slot) {
    EXPECT_LE(ledger.used_nodes(slot), cluster.nodes) << slot;
    EXPECT_LE(ledger.used_power(slot).value, cluster.power.value + 0.01) << slot;
  }
  for (std::size_t index = 0; index < jobs.size(); ++index) {
    const auto& plan = made.jobs[index].plan;
    if (!plan) continue;
    EXPECT_TRUE(plan->complete());
    EXPECT_LE(plan->end, jobs[index].deadline);
  }
}

TEST(SlotLedger, counts_start_ups_at_full_power_and_gives_back) {
  Job job = sample_job(2h, two_levels());
  job.startup = 10min;
  job.paused_power = Watts{50};
  const auto slots = slots_of({100, 100, 100, 100});
  const Plan plan = follow(job, slots, {1, kOff, 1, 1});
  SlotLedger ledger(kNoon, 1h, 4, 3, Watts{3000});
  ledger.reserve(job, slots, plan);
  EXPECT_EQ(ledger.used_power(0), Watts{1000});
  EXPECT_EQ(ledger.used_power(1), Watts{50});
  EXPECT_EQ(ledger.used_nodes(1), 0);
  EXPECT_EQ(ledger.used_power(3), Watts{500});
  auto seen = slots;
  ledger.show_free(seen);
  EXPECT_EQ(seen[0].free_nodes, 2);
  EXPECT_NEAR(seen[3].free_power.value, 2500, 0.01);
  ledger.release(job, slots, plan);
  EXPECT_EQ(ledger.used_nodes(0), 0);
  EXPECT_EQ(ledger.used_power(3), Watts{0});
}

TEST(SlotLedger, has_nothing_free_outside_its_grid) {
  const SlotLedger ledger(kNoon + 1h, 1h, 1, 3, Watts{3000});
  auto slots = slots_of({100, 100, 100});
  ledger.show_free(slots);
  EXPECT_EQ(slots[0].free_nodes, 0);
  EXPECT_EQ(slots[1].free_nodes, 3);
  EXPECT_EQ(slots[2].free_nodes, 0);
}

TEST(ClusterPlan, is_that_of_each_job_alone_where_there_is_enough) {
  const Cluster cluster = sample_cluster({300, 100, 200, 300}, 4);
  const auto jobs = equal_jobs(4, 1h);
  const ClusterPlan made = plan_cluster(cluster, jobs);
  EXPECT_EQ(made.rounds, 0);
  EXPECT_EQ(made.placed, 4u);
  EXPECT_NEAR(made.grams.value, 400, 1e-6);
  EXPECT_NEAR(made.bound.value, 400, 0.4);
  EXPECT_LE(made.bound, made.grams);
}

TEST(ClusterPlan, spreads_jobs_over_the_next_best_hours_within_its_limits) {
  const Cluster cluster = sample_cluster({300, 100, 200, 300}, 2);
  const auto jobs = equal_jobs(5, 1h);
  const ClusterPlan made = plan_cluster(cluster, jobs);
  EXPECT_GT(made.rounds, 0);
  EXPECT_EQ(made.placed, 5u);
  EXPECT_NEAR(made.grams.value, 2 * 100 + 2 * 200 + 300, 1e-6);
  EXPECT_LE(made.bound, made.grams);
  EXPECT_GT(made.bound.value, 0.8 * made.grams.value);
  expect_within_limits(cluster, jobs, made);
}

TEST(ClusterPlan, serves_priorities_first_and_says_who_found_no_room) {
  const Cluster cluster = sample_cluster({300, 100}, 1);
  auto jobs = equal_jobs(3, 1h);
  jobs[2].priority = 1;
  const ClusterPlan made = plan_cluster(cluster, jobs);
  EXPECT_EQ(made.placed, 2u);
  EXPECT_EQ(made.jobs[2].plan->start, kNoon + 1h);
  EXPECT_EQ(made.jobs[0].plan->start, kNoon);
  EXPECT_EQ(made.jobs[1].unplaced, Unplaced::NoRoom);
  jobs[0].work = 3h;
  EXPECT_EQ(plan_cluster(cluster, jobs).jobs[0].unplaced, Unplaced::Impossible);
}

TEST(ClusterPlan, keeps_the_watts_by_lower_caps) {
  Cluster cluster = sample_cluster({200, 200, 200}, 2);
  cluster.power = Watts{1000};
  std::vector<Job> jobs(2, sample_job(1.4 * 1h, two_levels()));
  for (Job& job : jobs) {
    for (Level& level : job.levels) level.startup_power = level.power;
  }
  const ClusterPlan made = plan_cluster(cluster, jobs);
  EXPECT_EQ(made.placed, 2u);
  expect_within_limits(cluster, jobs, made);
}

TEST(ClusterPlan, keeps_an_accounts_energy_budget) {
  Cluster cluster = sample_cluster({300, 300, 100, 100}, 4);
  auto jobs = equal_jobs(3, 2h);
  for (Job& job : jobs) {
    job.levels = two_levels();
    job.account = "lab";
  }
  cluster.budgets["lab"] = Joules{3.1 * kJoulesPerKwh};  // Two at full power, or two and a bit.
  const ClusterPlan made = plan_cluster(cluster, jobs);
  Joules used;
  for (const PlacedJob& job : made.jobs) {
    if (job.plan) used += job.plan->energy;
  }
  EXPECT_LE(used, cluster.budgets["lab"]);
  EXPECT_EQ(made.placed, 2u);
  EXPECT_EQ(made.jobs[2].unplaced, Unplaced::NoBudget);
}

TEST(ClusterPlan, of_nothing_is_nothing) {
  const ClusterPlan made = plan_cluster(sample_cluster({100}, 1), {});
  EXPECT_EQ(made.placed, 0u);
  EXPECT_EQ(made.grams.value, 0);
}

TEST(ClusterPlan, of_a_full_cluster_stays_close_to_its_bound) {
  Cluster cluster = sample_cluster({}, 16);
  for (const double value : generated_intensities(48, 3)) {
    cluster.intensities.push_back(GramsPerKwh{value});
  }
  std::vector<Job> jobs;
  for (int index = 0; index < 100; ++index) {
    Job job =
        sample_job(Seconds{3600.0 * (1 + index % 5)}, cap_levels(assumed_cap_curve(), Watts{1000}));
    job.release = kNoon + (index % 20) * 1h;
    job.deadline = job.release + 24h;
    job.startup = 10min;
    jobs.push_back(job);
  }
  const ClusterPlan made = plan_cluster(cluster, jobs);
  EXPECT_EQ(made.placed, jobs.size());
  expect_within_limits(cluster, jobs, made);
  EXPECT_LE(made.bound, made.grams);
  EXPECT_GT(made.bound.value, 0.9 * made.grams.value);
  // Prices of the last time give as good a plan with fewer rounds.
  ClusterSettings few;
  few.rounds = 2;
  const ClusterPlan again = plan_cluster(cluster, jobs, few, made.prices);
  EXPECT_EQ(again.placed, jobs.size());
  EXPECT_LT(again.grams.value, 1.05 * made.grams.value);
}

}  // namespace
}  // namespace greentrain
