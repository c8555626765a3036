#include "meter/command_report.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace greentrain {
namespace {

using testing::HasSubstr;

EnergyComponent part(const std::string& sensor, double joules) {
  EnergyComponent component;
  component.sensor = sensor;
  component.energy = {Joules{joules}, Joules{joules * 0.9}, Joules{joules * 1.1}, 1,
                      Quality::Measured};
  return component;
}

EnergyReport node(std::vector<EnergyComponent> parts) {
  EnergyReport report;
  std::vector<Energy> energies;
  for (const EnergyComponent& component : parts) energies.push_back(component.energy);
  report.components = std::move(parts);
  report.total = sum(energies);
  return report;
}

CommandRun run_of(double joules) {
  CommandRun run;
  run.time = Seconds(2);
  run.energy = node({part("rapl:package-0", joules)});
  return run;
}

TEST(TreeShare, is_of_the_cpus_and_their_dram_alone) {
  const EnergyReport report =
      node({part("nvml:GPU-1", 1000), part("rapl:package-0", 100), part("rapl:package-0/dram", 20),
            part("hwmon:machine/hwmon0", 5000)});
  const auto share = tree_share(report, Seconds(3), Seconds(4));
  ASSERT_TRUE(share);
  EXPECT_EQ(share->of_cpu_time, 0.75);
  EXPECT_DOUBLE_EQ(share->energy.joules.value, 90);
  EXPECT_DOUBLE_EQ(share->energy.lo.value, 81);
  EXPECT_EQ(share->energy.quality, Quality::Estimated);
}

TEST(TreeShare, is_at_most_all) {
  const EnergyReport report = node({part("model:cpu", 100)});
  EXPECT_EQ(tree_share(report, Seconds(1.01), Seconds(1))->of_cpu_time, 1);
}

TEST(TreeShare, is_unknown_without_times_or_a_metered_cpu) {
  const EnergyReport cpu = node({part("rapl:package-0", 100)});
  EXPECT_FALSE(tree_share(cpu, std::nullopt, Seconds(1)));
  EXPECT_FALSE(tree_share(cpu, Seconds(1), std::nullopt));
  EXPECT_FALSE(tree_share(cpu, Seconds(0), Seconds(0)));
  EXPECT_FALSE(tree_share(node({part("nvml:GPU-1", 1)}), Seconds(1), Seconds(1)));
}

TEST(RepeatStatistics, gives_the_mean_and_its_confidence_interval) {
  const auto statistics = statistics_of({run_of(98), run_of(100), run_of(102)});
  ASSERT_TRUE(statistics);
  EXPECT_DOUBLE_EQ(statistics->mean.value, 100);
  // s = 2, standard error 2 / sqrt(3), t(2) = 4.303.
  EXPECT_NEAR(statistics->mean_hi.value, 100 + 4.303 * 2 / std::sqrt(3.0), 1e-9);
  EXPECT_NEAR(statistics->mean_lo.value, 100 - 4.303 * 2 / std::sqrt(3.0), 1e-9);
}

TEST(RepeatStatistics, needs_two_runs_that_were_measured) {
  EXPECT_FALSE(statistics_of({run_of(98)}));
  CommandRun unmeasured;
  EXPECT_FALSE(statistics_of({run_of(98), unmeasured}));
}

TEST(CommandReport, shows_what_is_unknown_as_unknown) {
  CommandReport report;
  report.command = {"true"};
  report.runs.emplace_back();
  const auto object = to_json(report);
  EXPECT_TRUE(object["energy"]["joules"].is_null());
  EXPECT_TRUE(object["share"].is_null());
  EXPECT_TRUE(object["above_idle"].is_null());
  EXPECT_TRUE(object["repeats"].is_null());
  EXPECT_THAT(to_text(report), HasSubstr("unmeasured"));
  EXPECT_THAT(to_text(report), testing::Not(HasSubstr("0 J")));
}

TEST(CommandReport, names_label_parts_and_repeats) {
  CommandReport report;
  report.label = "build";
  report.command = {"make", "-j8"};
  report.runs = {run_of(100), run_of(110)};
  report.wall_ratio = 1.5;
  EXPECT_THAT(to_text(report), HasSubstr("greenmeter: build: 100 J (90.0 to 110 J) in 2.00 s"));
  EXPECT_THAT(to_text(report), HasSubstr("at the plug, about           165 J"));
  EXPECT_THAT(to_text(report), HasSubstr("mean of 2 runs 105 J"));
  EXPECT_EQ(to_json(report)["repeats"]["runs"].size(), 2u);
  EXPECT_EQ(to_json(report)["command"], (std::vector<std::string>{"make", "-j8"}));
}

}  // namespace
}  // namespace greentrain
