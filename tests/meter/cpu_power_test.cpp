#include "meter/cpu_power.h"

#include <gmock/gmock.h>

#include "core/error.h"
#include "meter/reference_table.h"
#include "tests/fakes/fake_proc.h"

namespace greentrain {

extern const std::string_view kCpuPowerCsv;

namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(ReferenceTable, reads_cells_quoted_or_not_and_passes_over_comments) {
  const auto rows = parse_reference_table("# about\na,b\n1,\"x, \"\"y\"\"\"\n\n2,z\n");
  EXPECT_THAT(rows, ElementsAre(ElementsAre("1", "x, \"y\""), ElementsAre("2", "z")));
}

TEST(ReferenceTable, names_the_line_of_a_row_that_does_not_fit) {
  try {
    parse_reference_table("a,b\n1,2\n3\n");
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("line 3"));
  }
}

TEST(CpuPowerTable, records_where_it_came_from) {
  const std::string_view head = kCpuPowerCsv.substr(0, kCpuPowerCsv.find("name,tdp_w"));
  EXPECT_THAT(head, HasSubstr("codecarbon 3.3.2 (MIT"));
  EXPECT_THAT(head, HasSubstr("05b31dea9dd26ed1e90947973c9ef20c87d127ea71fc32b4cb55a3ec512b8897"));
  EXPECT_GT(parse_reference_table(kCpuPowerCsv).size(), 4000u);
}

TEST(CpuPowerTable, holds_no_power_of_zero) {
  for (const auto& row : parse_reference_table(kCpuPowerCsv)) {
    EXPECT_GT(std::stod(row[1]), 0) << row[0];
  }
}

// The figures of cpu_power.csv in codecarbon 3.3.2.
TEST(CpuPowerTable, finds_names_as_the_kernel_writes_them) {
  EXPECT_EQ(thermal_design_power("AMD EPYC 7742 64-Core Processor"), Watts{225});
  EXPECT_EQ(thermal_design_power("Intel(R) Xeon(R) Platinum 8259CL CPU @ 2.50GHz"), Watts{210});
  EXPECT_EQ(thermal_design_power("13th Gen Intel(R) Core(TM) i9-13900K"), Watts{125});
  EXPECT_EQ(thermal_design_power("AMD Ryzen 9 5950X 16-Core Processor"), Watts{105});
  EXPECT_EQ(thermal_design_power("AMD Ryzen 7 1700 Eight-Core Processor"), Watts{65});
}

TEST(CpuPowerTable, does_not_guess) {
  EXPECT_FALSE(thermal_design_power("AMD EPYC").has_value());
  EXPECT_FALSE(thermal_design_power("AMD EPYC 7742X 64-Core Processor").has_value());
  EXPECT_FALSE(thermal_design_power("Intel Xeon Processor (Skylake, IBRS)").has_value());
  EXPECT_FALSE(thermal_design_power("").has_value());
}

TEST(CpuIdentity, reads_cpuinfo) {
  FakeProc proc;
  proc.set_cpu("AMD EPYC 7742 64-Core Processor", 8, 2, true, false);
  const CpuIdentity cpu = identify_cpu(proc.root() / "cpuinfo");
  EXPECT_EQ(cpu.name, "AMD EPYC 7742 64-Core Processor");
  EXPECT_EQ(cpu.logical_cpus, 8);
  EXPECT_EQ(cpu.packages, 2);
  EXPECT_TRUE(cpu.threads_shown);
  EXPECT_FALSE(cpu.virtual_machine);
}

TEST(CpuIdentity, is_empty_without_cpuinfo) {
  const CpuIdentity cpu = identify_cpu("/nonexistent/cpuinfo");
  EXPECT_EQ(cpu.name, "");
  EXPECT_EQ(cpu.logical_cpus, 0);
}

CpuIdentity machine(const std::string& name, bool virtual_machine) {
  return {name, 64, 2, true, virtual_machine};
}

TEST(CpuPowerRange, spans_idle_to_turbo_of_all_packages_of_a_known_cpu) {
  const CpuPowerRange range = cpu_power_range(machine("AMD EPYC 7742 64-Core Processor", false));
  EXPECT_DOUBLE_EQ(range.nominal.value, 450);
  EXPECT_DOUBLE_EQ(range.idle.value, 9);
  EXPECT_DOUBLE_EQ(range.full.value, 562.5);
  EXPECT_THAT(range.notes, IsEmpty());
  EXPECT_THAT(range.source, HasSubstr("CodeCarbon 3.3.2"));
}

TEST(CpuPowerRange, lets_desktops_go_further_beyond_their_tdp) {
  const CpuPowerRange range = cpu_power_range({"Intel(R) Core(TM) i9-13900K", 32, 1, true, false});
  EXPECT_GE(range.full.value, 253);  // Maximum turbo power of its successor.
}

TEST(CpuPowerRange, takes_an_unknown_cpu_per_logical_cpu_and_says_so) {
  const CpuPowerRange range = cpu_power_range({"AMD EPYC", 2, 1, false, true});
  EXPECT_NEAR(range.idle.value, 0.0676, 1e-9);
  EXPECT_NEAR(range.full.value, 35.88, 1e-9);  // Each may be a core of two threads.
  EXPECT_DOUBLE_EQ(range.nominal.value, 8);
  EXPECT_THAT(range.notes, ElementsAre(HasSubstr("\"AMD EPYC\" is not in the power table")));
  EXPECT_THAT(range.source, HasSubstr("Cloud Carbon Footprint"));
  EXPECT_NEAR(cpu_power_range({"AMD EPYC", 2, 1, true, true}).full.value, 17.94, 1e-9);
}

TEST(CpuPowerRange, does_not_charge_a_virtual_machine_with_the_whole_cpu) {
  const std::string name = "Intel(R) Xeon(R) Platinum 8259CL CPU @ 2.50GHz";
  const CpuPowerRange range = cpu_power_range({name, 4, 1, true, true});
  EXPECT_NEAR(range.full.value, 4 * 8.97, 1e-9);
  EXPECT_DOUBLE_EQ(range.nominal.value, 16);
  EXPECT_THAT(range.notes, ElementsAre(HasSubstr("unknown share of its CPU")));
  EXPECT_DOUBLE_EQ(cpu_power_range({name, 96, 1, true, true}).full.value, 262.5);  // All of it.
}

TEST(CpuPowerRange, keeps_the_model_inside) {
  for (const char* name : {"AMD EPYC 7742 64-Core Processor", "AMD EPYC", ""}) {
    for (const bool virtual_machine : {false, true}) {
      const CpuPowerRange range = cpu_power_range(machine(name, virtual_machine));
      EXPECT_GT(range.idle.value, 0);
      EXPECT_LE(range.idle, modelled_power(range.nominal, 0)) << name;
      EXPECT_GE(range.full, modelled_power(range.nominal, 1)) << name;
    }
  }
}

TEST(ModelledPower, is_the_published_cubic) {
  EXPECT_DOUBLE_EQ(modelled_power(Watts{100}, 0).value, 10);
  EXPECT_DOUBLE_EQ(modelled_power(Watts{100}, 0.5).value, 21.25);
  EXPECT_DOUBLE_EQ(modelled_power(Watts{100}, 1).value, 100);
}

}  // namespace
}  // namespace greentrain
