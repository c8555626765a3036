#include "comm/cpus.h"

#include <fstream>

#include <gtest/gtest.h>

#include "core/error.h"
#include "tests/fakes/test_folder.h"

namespace greentrain {
namespace {

void write(const std::filesystem::path& path, const std::string& text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path) << text << "\n";
}

TEST(CpuSet, is_written_as_the_kernel_does) {
  EXPECT_EQ(to_text({0, 1, 2, 3, 8, 10, 11}), "0-3,8,10-11");
  EXPECT_EQ(to_text({}), "");
}

TEST(CpuSet, is_read_as_it_was_written) {
  EXPECT_EQ(parse_cpu_set("0-3,8"), (CpuSet{0, 1, 2, 3, 8}));
  EXPECT_EQ(parse_cpu_set(""), CpuSet{});
}

TEST(CpuSet, refuses_what_is_no_list) {
  EXPECT_THROW(parse_cpu_set("0-x"), Error);
  EXPECT_THROW(parse_cpu_set("-1"), Error);
  EXPECT_THROW(parse_cpu_set("0-99999999"), Error);
}

TEST(CpuFacts, hardware_threads_of_a_core_are_one_core) {
  const TestFolder root;
  write(root / "sys/devices/system/cpu/online", "0-3");
  for (int cpu = 0; cpu < 4; ++cpu) {
    const auto topology = root / ("sys/devices/system/cpu/cpu" + std::to_string(cpu)) / "topology";
    write(topology / "physical_package_id", "0");
    write(topology / "core_id", std::to_string(cpu % 2));
  }
  const CpuFacts facts = read_cpu_facts(root / "");
  EXPECT_EQ(facts.cores({0, 1, 2, 3}), 2);
  EXPECT_EQ(facts.cores({0, 2}), 1);
}

TEST(CpuFacts, equal_core_numbers_of_two_sockets_are_two_cores) {
  const TestFolder root;
  write(root / "sys/devices/system/cpu/online", "0-1");
  for (int cpu = 0; cpu < 2; ++cpu) {
    const auto topology = root / ("sys/devices/system/cpu/cpu" + std::to_string(cpu)) / "topology";
    write(topology / "physical_package_id", std::to_string(cpu));
    write(topology / "core_id", "0");
  }
  EXPECT_EQ(read_cpu_facts(root / "").cores({0, 1}), 2);
}

TEST(CpuFacts, without_sysfs_each_cpu_is_a_core) {
  const TestFolder root;
  const CpuFacts facts = read_cpu_facts(root / "");
  EXPECT_EQ(facts.cores(facts.allowed), static_cast<int>(facts.allowed.size()));
  EXPECT_FALSE(facts.limit);
}

TEST(CpuFacts, the_tightest_limit_of_nested_groups_counts) {
  const TestFolder root;
  write(root / "proc/self/cgroup", "0::/job/rank");
  write(root / "sys/fs/cgroup/cpu.max", "max 100000");
  write(root / "sys/fs/cgroup/job/cpu.max", "250000 100000");
  write(root / "sys/fs/cgroup/job/rank/cpu.max", "400000 100000");
  EXPECT_EQ(read_cpu_facts(root / "").limit, 2.5);
}

TEST(CpuFacts, a_container_sees_its_limit_at_the_root) {
  const TestFolder root;
  write(root / "proc/self/cgroup", "4:cpu,cpuacct:/docker/0123\n1:name=systemd:/docker/0123");
  write(root / "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "150000");
  write(root / "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000");
  EXPECT_EQ(read_cpu_facts(root / "").limit, 1.5);
}

TEST(CpuFacts, a_quota_of_minus_one_is_no_limit) {
  const TestFolder root;
  write(root / "proc/self/cgroup", "1:cpu:/");
  write(root / "sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1");
  write(root / "sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000");
  EXPECT_FALSE(read_cpu_facts(root / "").limit);
}

TEST(CpuFacts, this_process_may_run_somewhere) {
  const CpuFacts facts = read_cpu_facts();
  EXPECT_GE(facts.cores(facts.allowed), 1);
  EXPECT_FALSE(facts.launcher_allowed.empty());
}

}  // namespace
}  // namespace greentrain
