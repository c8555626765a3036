#include "trainer/run/data_use.h"

#include <gmock/gmock.h>

namespace greentrain {
namespace {

using ::testing::ElementsAre;

EnergyReport report(Quality quality) {
  EnergyReport energy;
  energy.total.joules = Joules{100};
  energy.total.lo = Joules{80};
  energy.total.hi = Joules{120};
  energy.total.quality = quality;
  energy.phases = {{Phase::Startup, Seconds{1}, {30}},
                   {Phase::Data, Seconds{1}, {10}},
                   {Phase::Forward, Seconds{1}, {40}},
                   {Phase::Evaluation, Seconds{1}, {20}}};
  return energy;
}

TEST(DataUse, is_the_share_of_the_ranks_time_in_steps) {
  const DataUse use = data_use(Seconds{3}, 2, Seconds{15}, {});
  EXPECT_EQ(use.waited, Seconds{3});
  EXPECT_DOUBLE_EQ(use.share, 0.1);
  EXPECT_EQ(data_use(Seconds{0}, 1, Seconds{0}, {}).share, 0);
}

TEST(DataUse, counts_a_sample_once_that_several_ranks_could_not_read) {
  const DataUse use = data_use(Seconds{0}, 2, Seconds{1}, {"b.png", "a.png", "b.png"});
  EXPECT_EQ(use.unreadable, 2);
  EXPECT_THAT(use.names, ElementsAre("a.png", "b.png"));
}

TEST(DataUse, names_only_the_first_of_many) {
  std::vector<std::string> names;
  for (char letter = 'a'; letter <= 'z'; ++letter) names.emplace_back(1, letter);
  const DataUse use = data_use(Seconds{0}, 1, Seconds{1}, names);
  EXPECT_EQ(use.unreadable, 26);
  EXPECT_EQ(use.names.size(), 10u);
}

TEST(PruningSaving, takes_a_sample_to_cost_what_it_cost_in_steps) {
  const auto saving = pruning_saving("rs2", 50, 100, report(Quality::Measured));
  ASSERT_TRUE(saving);
  EXPECT_DOUBLE_EQ(saving->share, 1.0 / 3);
  EXPECT_DOUBLE_EQ(saving->lo->value, 20);  // 80 J x half in steps x 50 / 100.
  EXPECT_DOUBLE_EQ(saving->hi->value, 30);
}

TEST(PruningSaving, invents_no_joules) {
  const auto saving = pruning_saving("rs2", 50, 100, report(Quality::Unmeasured));
  ASSERT_TRUE(saving);
  EXPECT_FALSE(saving->lo);
  EXPECT_FALSE(saving->hi);
}

TEST(PruningSaving, is_nothing_where_nothing_was_left_out) {
  EXPECT_FALSE(pruning_saving("none", 0, 100, report(Quality::Measured)));
  EXPECT_FALSE(pruning_saving("rs2", 10, 0, report(Quality::Measured)));
}

}  // namespace
}  // namespace greentrain
