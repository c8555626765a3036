#include "comm/launch.h"

#include <map>

#include <gtest/gtest.h>

#include "core/error.h"

namespace greentrain {
namespace {

Environment with(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
}

void expect_launch(const LaunchInfo& info, const LaunchInfo& expected) {
  EXPECT_EQ(info.rank, expected.rank);
  EXPECT_EQ(info.size, expected.size);
  EXPECT_EQ(info.local_rank, expected.local_rank);
  EXPECT_EQ(info.local_size, expected.local_size);
  EXPECT_EQ(info.launcher, expected.launcher);
}

TEST(LaunchInfo, without_a_launcher_there_is_one_rank) {
  expect_launch(read_launch_info(with({})), {0, 1, 0, 1, "none"});
}

TEST(LaunchInfo, open_mpi_names_the_rank) {
  const auto environment = with({{"OMPI_COMM_WORLD_RANK", "5"},
                                 {"OMPI_COMM_WORLD_SIZE", "8"},
                                 {"OMPI_COMM_WORLD_LOCAL_RANK", "1"},
                                 {"OMPI_COMM_WORLD_LOCAL_SIZE", "4"},
                                 {"PMIX_RANK", "5"}});
  expect_launch(read_launch_info(environment), {5, 8, 1, 4, "mpirun"});
}

TEST(LaunchInfo, under_mpirun_in_a_slurm_job_the_variables_of_slurm_are_the_daemons) {
  const auto environment = with({{"OMPI_COMM_WORLD_RANK", "3"},
                                 {"OMPI_COMM_WORLD_SIZE", "4"},
                                 {"OMPI_COMM_WORLD_LOCAL_RANK", "1"},
                                 {"OMPI_COMM_WORLD_LOCAL_SIZE", "2"},
                                 {"SLURM_PROCID", "0"},
                                 {"SLURM_STEP_NUM_TASKS", "1"}});
  expect_launch(read_launch_info(environment), {3, 4, 1, 2, "mpirun"});
}

TEST(LaunchInfo, srun_names_the_rank_and_the_tasks_of_each_node) {
  const auto environment = with({{"SLURM_PROCID", "6"},
                                 {"SLURM_STEP_NUM_TASKS", "7"},
                                 {"SLURM_LOCALID", "0"},
                                 {"SLURM_NODEID", "3"},
                                 {"SLURM_STEP_TASKS_PER_NODE", "2(x3),1"},
                                 {"PMIX_RANK", "6"}});
  expect_launch(read_launch_info(environment), {6, 7, 0, 1, "srun"});
}

TEST(LaunchInfo, a_batch_script_of_slurm_has_started_no_ranks) {
  const auto environment =
      with({{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "4"}, {"SLURM_LOCALID", "0"}});
  expect_launch(read_launch_info(environment), {0, 1, 0, 1, "none"});
}

TEST(LaunchInfo, hydra_names_the_rank) {
  const auto environment = with(
      {{"PMI_RANK", "1"}, {"PMI_SIZE", "2"}, {"MPI_LOCALRANKID", "1"}, {"MPI_LOCALNRANKS", "2"}});
  expect_launch(read_launch_info(environment), {1, 2, 1, 2, "mpiexec"});
}

TEST(LaunchInfo, a_variable_that_is_not_a_number_is_named) {
  const auto environment = with({{"OMPI_COMM_WORLD_RANK", "one"}, {"OMPI_COMM_WORLD_SIZE", "2"}});
  try {
    read_launch_info(environment);
    FAIL() << "no error";
  } catch (const UsageError& error) {
    EXPECT_STREQ(error.what(),
                 "OMPI_COMM_WORLD_RANK=one: expected a number of the launcher; start the program "
                 "with mpirun or srun, or unset it to run as one rank");
  }
}

TEST(LaunchInfo, a_rank_that_is_not_below_the_size_is_refused) {
  const auto environment = with({{"OMPI_COMM_WORLD_RANK", "2"}, {"OMPI_COMM_WORLD_SIZE", "2"}});
  EXPECT_THROW(read_launch_info(environment), UsageError);
}

TEST(LaunchInfo, tasks_per_node_without_this_node_are_refused) {
  const auto environment = with({{"SLURM_PROCID", "1"},
                                 {"SLURM_STEP_NUM_TASKS", "2"},
                                 {"SLURM_NODEID", "2"},
                                 {"SLURM_STEP_TASKS_PER_NODE", "1(x2)"}});
  EXPECT_THROW(read_launch_info(environment), UsageError);
}

TEST(LaunchInfo, fake_hosts_part_the_ranks_of_a_machine_evenly) {
  const auto with_hosts = [](const std::string& hosts) {
    return read_launch_info(with({{"OMPI_COMM_WORLD_RANK", "0"},
                                  {"OMPI_COMM_WORLD_SIZE", "4"},
                                  {"OMPI_COMM_WORLD_LOCAL_RANK", "0"},
                                  {"OMPI_COMM_WORLD_LOCAL_SIZE", "4"},
                                  {"GREENTRAIN_FAKE_HOSTS", hosts}}))
        .fake_hosts;
  };
  EXPECT_EQ(with_hosts(""), 1);
  EXPECT_EQ(with_hosts("2"), 2);
  EXPECT_EQ(with_hosts("4"), 4);
  for (const char* wrong : {"0", "-1", "3", "8", "two", "2x"}) {
    EXPECT_THROW(with_hosts(wrong), UsageError) << wrong;
  }
}

TEST(HostName, is_not_empty) { EXPECT_FALSE(host_name().empty()); }

}  // namespace
}  // namespace greentrain
