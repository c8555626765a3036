#include "trainer/run/rank_waiting.h"

#include <vector>

#include <gtest/gtest.h>

namespace greentrain {
namespace {

const std::vector<RankWaiting> kThreeRanks{{Seconds{1}, Seconds{0.5}, Seconds{0.25}},
                                           {Seconds{0.25}, Seconds{0}, Seconds{0}},
                                           {Seconds{1}, Seconds{0}, Seconds{0}}};

Energy measured() {
  Energy energy;
  energy.joules = Joules{100};
  energy.hi = Joules{120};
  energy.quality = Quality::Measured;
  return energy;
}

TEST(WaitingCost, is_the_share_of_the_ranks_time_and_of_the_energys_upper_bound) {
  const auto cost = waiting_cost(kThreeRanks, Seconds{10}, measured());
  ASSERT_TRUE(cost);
  EXPECT_EQ(cost->all.exchange.count(), 2.25);
  EXPECT_EQ(cost->all.update.count(), 0.5);
  EXPECT_EQ(cost->all.evaluation.count(), 0.25);
  EXPECT_DOUBLE_EQ(cost->share, 0.1);
  EXPECT_DOUBLE_EQ(cost->hi->value, 12);
}

TEST(WaitingCost, names_the_rank_that_waited_least) {
  EXPECT_EQ(waiting_cost(kThreeRanks, Seconds{10}, measured())->slowest_rank, 1);
}

TEST(WaitingCost, invents_no_joules) {
  EXPECT_FALSE(waiting_cost(kThreeRanks, Seconds{10}, Energy{})->hi);
}

TEST(WaitingCost, is_nothing_for_one_rank) {
  EXPECT_FALSE(waiting_cost(std::span(kThreeRanks).first(1), Seconds{10}, measured()));
}

}  // namespace
}  // namespace greentrain
