#include "trainer/loop/control_vote.h"

#include <gtest/gtest.h>

#include "comm/thread_communicator.h"

namespace greentrain {
namespace {

TEST(ControlVote, adds_numbers_and_lets_any_yes_count_on_every_rank) {
  run_ranks(3, [](Communicator& comm) {
    ControlVote mine;
    mine.stop = comm.rank() == 1;
    mine.loss_sum = 1.5 * comm.rank();
    mine.samples = 10 + comm.rank();
    mine.joules = Joules{comm.rank() == 0 ? 7.0 : 0.0};
    mine.power = Watts{comm.rank() == 0 ? 42.0 : 0.0};

    Record record = to_record(mine);
    comm.reduce_record(record, combine_votes);
    const ControlVote all = to_vote(record);

    EXPECT_TRUE(all.stop);
    EXPECT_FALSE(all.non_finite);
    EXPECT_FALSE(all.checkpoint);
    EXPECT_FALSE(all.pause);
    EXPECT_EQ(all.loss_sum, 4.5);
    EXPECT_EQ(all.samples, 33);
    EXPECT_EQ(all.joules.value, 7.0);
    EXPECT_EQ(all.power.value, 42.0);
  });
}

TEST(ControlVote, of_a_single_rank_comes_back_unchanged) {
  run_ranks(1, [](Communicator& comm) {
    ControlVote mine;
    mine.non_finite = true;
    mine.loss_sum = 3;
    mine.samples = 2;
    Record record = to_record(mine);
    comm.reduce_record(record, combine_votes);
    const ControlVote all = to_vote(record);
    EXPECT_TRUE(all.non_finite);
    EXPECT_FALSE(all.stop);
    EXPECT_EQ(all.mean_loss(), 1.5);
  });
}

}  // namespace
}  // namespace greentrain
