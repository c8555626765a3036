#include "trainer/run/banner.h"

#include <gmock/gmock.h>

namespace greentrain {
namespace {

const RunLayout kTwoRanks{
    .ranks = 2, .hosts = {"node1"}, .devices = {"cpu"}, .threads = "1 thread a rank on 2 cores"};

TEST(Banner, shows_settings_in_columns_with_their_origin) {
  const std::vector<ResolvedSetting> settings{
      {"run.name", "digits", "run", "configs/digits.yaml:3"},
      {"train.batch_size", "32", "64", "command line"},
      {"train.a_setting_with_a_long_name", "1", "1", "default"},
      {"data.path", "[a-file-with-a-long-name.csv.gz, another.csv]", "[]",
       "configs/digits.yaml:7"}};
  EXPECT_EQ(
      banner(settings, kTwoRanks, {}),
      "run.name          digits                            configs/digits.yaml:3\n"
      "train.batch_size  32                                command line\n"
      "data.path         [a-file-with-a-long-name.csv.gz, another.csv]  configs/digits.yaml:7\n"
      "2 ranks on 1 host (node1), cpu, 1 thread a rank on 2 cores\n");
}

TEST(Banner, says_that_every_setting_has_its_default) {
  const RunLayout layout{.ranks = 1,
                         .hosts = {"node1", "node2"},
                         .devices = {"cuda: NVIDIA H100", "cpu"},
                         .threads = "4 threads on 4 cores",
                         .mkl = "AVX2"};
  const std::vector<ResolvedSetting> defaults{{"run.seed", "1", "1", "default"}};
  EXPECT_EQ(banner(defaults, layout, {}),
            "every setting has its default\n"
            "1 rank on 2 hosts (node1, node2), cuda: NVIDIA H100, cpu, 4 threads on 4 cores, "
            "MKL with AVX2 code\n");
}

TEST(Banner, dims_origins_where_colors_are_wanted) {
  const std::vector<ResolvedSetting> settings{{"run.seed", "7", "1", "command line"}};
  EXPECT_THAT(banner(settings, kTwoRanks, {.interactive = true, .color = true, .width = 80}),
              ::testing::StartsWith("run.seed  7  \033[2mcommand line\033[0m\n"));
}

}  // namespace
}  // namespace greentrain
