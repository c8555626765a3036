#include "scheduler/plan/levels.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace greentrain {
namespace {

using testing::ElementsAre;

Level worker_level(const char* name, double speed, double watts, int nodes) {
  return {name, speed, Watts{watts}, Watts{watts}, nodes};
}

std::vector<std::string> names_of(const std::vector<Level>& levels) {
  std::vector<std::string> names;
  for (const Level& level : levels) names.push_back(level.name);
  return names;
}

TEST(CapLevels, on_more_workers_are_levels_of_their_own) {
  const auto two = cap_levels({{1, 1, 1}, {1, 1.8, 2, 2}, {0.6, 1.5, 1.3, 2}}, Watts{100}, 2);
  EXPECT_EQ(two[0].nodes, 2);
  EXPECT_EQ(two[2].nodes, 4);
  EXPECT_EQ(two[2].name, "cap 60 % on 2 workers");
  EXPECT_DOUBLE_EQ(two[2].power.value, 130);
  EXPECT_DOUBLE_EQ(two[2].startup_power.value, 200);
}

TEST(EfficientLevels, drop_what_lies_below_the_hull) {
  // The third worker adds less than the fourth: time shared between two and four is better.
  const auto kept =
      efficient_levels({worker_level("1", 1, 100, 1), worker_level("2", 1.9, 200, 2),
                        worker_level("3", 2.2, 300, 3), worker_level("4", 3.1, 400, 4)});
  EXPECT_THAT(names_of(kept), ElementsAre("4", "2", "1"));
}

TEST(EfficientLevels, drop_what_is_slower_and_draws_more_than_another) {
  const auto kept =
      efficient_levels({worker_level("full", 1, 1000, 1), worker_level("60 %", 0.85, 600, 1),
                        worker_level("slow", 0.8, 700, 1), worker_level("30 %", 0.3, 400, 1)});
  EXPECT_THAT(names_of(kept), ElementsAre("full", "60 %", "30 %"));
  EXPECT_TRUE(efficient_levels({}).empty());
}

TEST(EfficientLevels, keep_every_point_of_the_assumed_curve_that_is_worth_it) {
  const auto levels = cap_levels(assumed_cap_curve(), Watts{500}, 2);
  EXPECT_EQ(levels.front().power, Watts{500});
  EXPECT_EQ(levels.back().nodes, 2);
  EXPECT_THAT(names_of(efficient_levels(levels)),
              ElementsAre("cap 100 %", "cap 80 %", "cap 70 %", "cap 60 %", "cap 50 %", "cap 40 %"));
}

}  // namespace
}  // namespace greentrain
