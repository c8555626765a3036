#include "comm/binding.h"

#include <gtest/gtest.h>

#include "comm/thread_communicator.h"

namespace greentrain {
namespace {

CpuSet range(int first, int count) {
  CpuSet cpus;
  for (int cpu = first; cpu < first + count; ++cpu) cpus.insert(cpu);
  return cpus;
}

/// A machine with sockets of equal size, one hardware thread a core.
CpuFacts machine(int sockets, int cores_per_socket) {
  CpuFacts facts;
  for (int cpu = 0; cpu < sockets * cores_per_socket; ++cpu) {
    facts.core_of[cpu] =
        std::to_string(cpu / cores_per_socket) + ":" + std::to_string(cpu % cores_per_socket);
  }
  facts.launcher_allowed = range(0, sockets * cores_per_socket);
  return facts;
}

LaunchInfo mpirun(int ranks, int local_rank = 0) {
  return {local_rank, ranks, local_rank, ranks, "mpirun"};
}

TEST(Binding, one_process_uses_all_cores) {
  const auto binding = choose_binding(machine(1, 16), {range(0, 16)}, LaunchInfo{}, 0);
  EXPECT_EQ(binding.threads, 16);
  EXPECT_EQ(binding.summary, "16 threads on 16 cores");
  EXPECT_FALSE(binding.warning);
}

TEST(Binding, two_ranks_that_mpirun_bound_to_a_core_each_lose_the_rest) {
  const auto binding = choose_binding(machine(1, 16), {{0}, {1}}, mpirun(2), 0);
  EXPECT_EQ(binding.threads, 1);
  EXPECT_EQ(binding.summary, "1 thread a rank on 2 cores");
  EXPECT_EQ(binding.warning,
            "2 of 16 cores used: mpirun bound each rank to one core, as it does by default for one "
            "or two ranks; start with `mpirun --bind-to none` or `mpirun --map-by slot:PE=8` to "
            "use all");
}

TEST(Binding, one_rank_that_mpirun_bound_to_a_core_loses_the_rest) {
  const auto binding = choose_binding(machine(1, 2), {{0}}, mpirun(1), 0);
  EXPECT_EQ(binding.threads, 1);
  EXPECT_EQ(
      binding.warning,
      "1 of 2 cores used: mpirun bound its rank to one core, as it does by default for one or "
      "two ranks; start with `mpirun --bind-to none` or `mpirun --map-by slot:PE=2` to use "
      "all");
}

TEST(Binding, two_ranks_on_two_cores_lose_nothing) {
  const auto binding = choose_binding(machine(1, 2), {{0}, {1}}, mpirun(2), 0);
  EXPECT_EQ(binding.threads, 1);
  EXPECT_FALSE(binding.warning);
}

TEST(Binding, unbound_ranks_share_the_cores) {
  const std::vector<CpuSet> all(2, range(0, 16));
  const auto binding = choose_binding(machine(1, 16), all, mpirun(2), 0);
  EXPECT_EQ(binding.threads, 8);
  EXPECT_EQ(binding.summary, "8 threads a rank on 16 cores");
  EXPECT_FALSE(binding.warning);
}

TEST(Binding, three_ranks_get_a_third_each_without_rounding_loss) {
  const std::vector<CpuSet> all(3, range(0, 12));
  EXPECT_EQ(choose_binding(machine(1, 12), all, mpirun(3), 0).threads, 4);
}

TEST(Binding, ranks_bound_to_sockets_share_their_socket) {
  const std::vector<CpuSet> cpus{range(0, 8), range(8, 8), range(0, 8)};
  EXPECT_EQ(choose_binding(machine(2, 8), cpus, mpirun(3, 0), 0).threads, 4);
  EXPECT_EQ(choose_binding(machine(2, 8), cpus, mpirun(3, 1), 0).threads, 8);
  EXPECT_FALSE(choose_binding(machine(2, 8), cpus, mpirun(3), 0).warning);
}

TEST(Binding, three_ranks_on_four_sockets_leave_one_unused) {
  const std::vector<CpuSet> cpus{range(0, 8), range(8, 8), range(16, 8)};
  const auto binding = choose_binding(machine(4, 8), cpus, mpirun(3), 0);
  EXPECT_EQ(binding.threads, 8);
  EXPECT_EQ(binding.warning,
            "24 of 32 cores used: mpirun bound the ranks to a part of them; start with `mpirun "
            "--bind-to none` or `mpirun --map-by slot:PE=10` to use all");
}

TEST(Binding, more_ranks_than_cores_compute_with_one_thread) {
  const std::vector<CpuSet> cpus(3, range(0, 2));
  const auto binding = choose_binding(machine(1, 2), cpus, mpirun(3), 0);
  EXPECT_EQ(binding.threads, 1);
  EXPECT_EQ(binding.summary, "1 thread a rank on 2 cores, shared by 3 ranks");
}

TEST(Binding, hardware_threads_are_not_computed_with) {
  CpuFacts facts = machine(1, 4);
  for (int cpu = 4; cpu < 8; ++cpu) facts.core_of[cpu] = "0:" + std::to_string(cpu - 4);
  facts.launcher_allowed = range(0, 8);
  EXPECT_EQ(choose_binding(facts, {range(0, 8)}, LaunchInfo{}, 0).threads, 4);
  EXPECT_EQ(choose_binding(facts, {{0, 4}, {1, 5}}, mpirun(2), 0).threads, 1);
  EXPECT_EQ(choose_binding(facts, std::vector<CpuSet>(2, range(0, 8)), mpirun(2), 0).threads, 2);
}

TEST(Binding, the_limit_of_a_container_is_divided_among_its_ranks) {
  CpuFacts facts = machine(1, 16);
  facts.limit = 4.0;
  const std::vector<CpuSet> all(2, range(0, 16));
  const auto binding = choose_binding(facts, all, mpirun(2), 0);
  EXPECT_EQ(binding.threads, 2);
  EXPECT_EQ(binding.summary, "2 threads a rank on 16 cores, of which the container may use 4");
}

TEST(Binding, half_a_core_still_means_one_thread) {
  CpuFacts facts = machine(1, 16);
  facts.limit = 0.5;
  EXPECT_EQ(choose_binding(facts, {range(0, 16)}, LaunchInfo{}, 0).threads, 1);
}

TEST(Binding, requested_threads_are_obeyed_and_named) {
  const auto binding = choose_binding(machine(1, 4), {{0}, {1}}, mpirun(2), 2);
  EXPECT_EQ(binding.threads, 2);
  EXPECT_EQ(binding.summary, "2 threads a rank on 2 cores, as comm.threads says");
}

TEST(Binding, a_core_mask_of_slurm_is_what_the_user_asked_for) {
  const LaunchInfo srun{0, 2, 0, 2, "srun"};
  EXPECT_FALSE(choose_binding(machine(1, 16), {range(0, 4), range(4, 4)}, srun, 0).warning);
}

TEST(Binding, cores_that_mpirun_itself_may_not_use_are_not_missed) {
  CpuFacts facts = machine(1, 16);
  facts.launcher_allowed = range(4, 2);
  EXPECT_FALSE(choose_binding(facts, {{4}, {5}}, mpirun(2), 0).warning);
}

TEST(Binding, the_ranks_of_a_node_tell_each_other_their_cpus) {
  run_ranks(2, [](Communicator& node) {
    CpuFacts facts = machine(1, 16);
    facts.allowed = {node.rank()};
    const auto binding = find_binding(node, facts, mpirun(2, node.rank()), 0);
    EXPECT_EQ(binding.summary, "1 thread a rank on 2 cores");
    EXPECT_TRUE(binding.warning);
  });
}

}  // namespace
}  // namespace greentrain
