#include "meter/job_share.h"

#include <gmock/gmock.h>

#include "tests/fakes/fake_tree.h"

namespace greentrain {
namespace {

using testing::ElementsAre;

Energy measured(double joules, double lo, double hi) {
  return {.joules = {joules},
          .lo = {lo},
          .hi = {hi},
          .covered_fraction = 1,
          .quality = Quality::Measured};
}

/// A node of two packages' worth of CPU and two GPUs.
EnergyReport node() {
  EnergyReport report;
  report.components = {{"node0", "rapl:package-0", "CPU", "file", measured(1000, 900, 1100)},
                       {"node0", "rapl:package-0/dram", "DRAM", "file", measured(100, 90, 110)},
                       {"node0", "nvml:GPU-a", "GPU", "NVML", measured(3000, 2900, 3100)},
                       {"node0", "nvml:GPU-b", "GPU", "NVML", measured(500, 450, 550)},
                       {"node0", "hwmon:machine/0", "machine", "file", measured(9, 8, 10)}};
  return report;
}

const CpuTimes kQuarter{.job = Seconds(10), .machine = Seconds(40)};

Calibration idle() {
  Calibration calibration;
  calibration.idle["rapl:package-0"] = {Watts{40}, Watts{36}, Watts{44}};
  calibration.idle["rapl:package-0/dram"] = {Watts{2}, Watts{1.8}, Watts{2.2}};
  return calibration;
}

TEST(JobShare, is_the_jobs_gpus_and_its_share_of_the_cpu_time) {
  const auto share = job_share(node(), kQuarter, std::set<std::string>{"GPU-a"}, {}, Seconds(10));
  ASSERT_TRUE(share);
  EXPECT_THAT(share->gpus, ElementsAre("GPU-a"));
  EXPECT_DOUBLE_EQ(share->energy.joules.value, 3000 + 0.25 * 1100);
  EXPECT_DOUBLE_EQ(share->energy.lo.value, 2900 + 0.25 * 990);
  EXPECT_DOUBLE_EQ(share->energy.hi.value, 3100 + 0.25 * 1210);
  EXPECT_EQ(share->energy.quality, Quality::Estimated);
  EXPECT_FALSE(share->idle) << "nobody measured it";
}

TEST(JobShare, leaves_power_at_rest_to_nobody_and_says_how_much_it_is) {
  const auto share =
      job_share(node(), kQuarter, std::set<std::string>{"GPU-a"}, idle(), Seconds(10));
  EXPECT_DOUBLE_EQ(share->idle->joules.value, 400 + 20);
  EXPECT_DOUBLE_EQ(share->energy.joules.value, 3000 + 0.25 * (600 + 80));
  EXPECT_DOUBLE_EQ(share->energy.lo.value, 2900 + 0.25 * (900 - 440 + 90 - 22));
  EXPECT_DOUBLE_EQ(share->energy.hi.value, 3100 + 0.25 * (1100 - 360 + 110 - 18));
}

TEST(JobShare, takes_no_more_for_rest_than_was_drawn) {
  const auto share = job_share(node(), kQuarter, std::set<std::string>{}, idle(), Seconds(1000));
  EXPECT_DOUBLE_EQ(share->idle->joules.value, 1100);
  EXPECT_DOUBLE_EQ(share->energy.joules.value, 0);
  EXPECT_GE(share->energy.hi, Joules{});
}

TEST(JobShare, of_a_job_that_says_nothing_of_gpus_has_all_that_the_meter_sees) {
  const auto share = job_share(node(), kQuarter, std::nullopt, {}, Seconds(10));
  EXPECT_THAT(share->gpus, ElementsAre("GPU-a", "GPU-b"));
}

TEST(JobShare, is_at_most_the_whole_where_the_times_disagree) {
  const CpuTimes odd{.job = Seconds(50), .machine = Seconds(40)};
  const auto share = job_share(node(), odd, std::set<std::string>{}, {}, Seconds(10));
  EXPECT_DOUBLE_EQ(share->energy.joules.value, 1100);
}

TEST(JobShare, is_unknown_where_nothing_of_the_job_was_metered) {
  EXPECT_FALSE(job_share(node(), std::nullopt, std::set<std::string>{}, {}, Seconds(10)));
  EXPECT_FALSE(job_share(EnergyReport{}, kQuarter, std::nullopt, {}, Seconds(10)));
}

TEST(CgroupCpuTime, is_that_of_the_job_in_both_kinds_of_groups) {
  const FakeTree proc, sys;
  proc.write("self/cgroup", "0::/slurm/job_7");
  sys.write("fs/cgroup/slurm/job_7/cpu.stat", "usage_usec 2500000\nuser_usec 2000000");
  EXPECT_EQ(cgroup_cpu_time(proc.root(), sys.root()), Seconds(2.5));

  proc.write("self/cgroup", "3:memory:/x\n2:cpu,cpuacct:/slurm/job_8\n0::/");
  sys.write("fs/cgroup/cpuacct/slurm/job_8/cpuacct.usage", "1500000000");
  EXPECT_EQ(cgroup_cpu_time(proc.root(), sys.root()), Seconds(1.5));
}

TEST(CgroupCpuTime, is_unknown_without_groups) {
  const FakeTree proc, sys;
  EXPECT_FALSE(cgroup_cpu_time(proc.root(), sys.root()));
  proc.write("self/cgroup", "nonsense");
  EXPECT_FALSE(cgroup_cpu_time(proc.root(), sys.root()));
}

}  // namespace
}  // namespace greentrain
