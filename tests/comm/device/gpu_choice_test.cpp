#include "comm/device/gpu_choice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace greentrain {
namespace {

using testing::ElementsAre;

using Visible = std::vector<std::vector<std::string>>;

TEST(AssignGpus, gives_each_rank_its_own_where_all_see_all) {
  EXPECT_THAT(assign_gpus(Visible(4, {"a", "b", "c", "d"})),
              testing::UnorderedElementsAre(0, 1, 2, 3));
}

TEST(AssignGpus, takes_the_one_that_the_launcher_shows) {
  EXPECT_THAT(assign_gpus({{"a"}, {"b"}, {"c"}}), ElementsAre(0, 0, 0));
}

TEST(AssignGpus, moves_a_rank_that_has_a_choice_for_one_that_has_none) {
  const Visible visible{{"a", "b"}, {"a"}, {"b", "c"}};
  EXPECT_THAT(assign_gpus(visible), ElementsAre(1, 0, 1));
}

TEST(AssignGpus, shares_evenly_when_there_are_more_ranks_than_gpus) {
  const auto chosen = assign_gpus(Visible(5, {"a", "b"}));
  EXPECT_LE(std::abs(std::ranges::count(chosen, 0) - std::ranges::count(chosen, 1)), 1);
  EXPECT_THAT(assign_gpus(Visible(3, {"a"})), ElementsAre(0, 0, 0));
}

TEST(AssignGpus, has_none_for_a_rank_that_sees_none) {
  EXPECT_THAT(assign_gpus({{"a"}, {}, {"a"}}), ElementsAre(0, -1, 0));
  EXPECT_THAT(assign_gpus({}), ElementsAre());
}

}  // namespace
}  // namespace greentrain
