#include "comm/thread_communicator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace greentrain {
namespace {

using ::testing::HasSubstr;

std::string error_of_run(int ranks, const std::function<void(Communicator&)>& work) {
  try {
    run_ranks(ranks, work);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(RunRanks, a_rank_that_throws_frees_the_ranks_that_wait_for_it) {
  const auto work = [](Communicator& comm) {
    if (comm.rank() == 2) throw Error("rank 2 has no data");
    comm.barrier();
  };
  EXPECT_EQ(error_of_run(3, work), "rank 2 has no data");
}

TEST(RunRanks, the_lowest_rank_that_failed_by_itself_is_reported) {
  const auto work = [](Communicator& comm) {
    if (comm.rank() == 0) comm.barrier();
    throw Error("rank " + std::to_string(comm.rank()));
  };
  EXPECT_EQ(error_of_run(4, work), "rank 1");
}

TEST(RunRanks, a_rank_that_returns_early_is_named) {
  const auto work = [](Communicator& comm) {
    if (comm.rank() == 0) comm.barrier();
  };
  EXPECT_EQ(error_of_run(2, work), "rank 1 left while others waited for it");
}

TEST(RunRanks, a_failure_reaches_ranks_that_wait_on_their_node) {
  const auto work = [](Communicator& comm) {
    const auto node = comm.split_by_node();
    if (comm.rank() == 3) throw Error("rank 3 has no data");
    node->barrier();
    comm.barrier();
  };
  try {
    run_ranks(4, work, /*nodes=*/2);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "rank 3 has no data");
  }
}

TEST(RunRanks, an_exception_of_any_type_comes_through) {
  EXPECT_THROW(run_ranks(2,
                         [](Communicator& comm) {
                           if (comm.rank() == 1) throw 7;
                         }),
               int);
}

TEST(ThreadCommunicator, different_counts_are_an_error_on_every_rank) {
  run_ranks(3, [](Communicator& comm) {
    std::vector<float> values(comm.rank() == 1 ? 5 : 4);
    try {
      comm.all_reduce(BufferView::of<float>(values));
      ADD_FAILURE() << "no error";
    } catch (const Error& error) {
      EXPECT_STREQ(
          error.what(),
          "collective calls differ: rank 0 calls all_reduce with 4 float32, root 0; rank 1 "
          "calls all_reduce with 5 float32, root 0");
    }
    comm.barrier();
  });
}

TEST(ThreadCommunicator, different_calls_are_an_error_on_every_rank) {
  const auto work = [](Communicator& comm) {
    std::vector<float> values(4);
    if (comm.rank() == 0) comm.barrier();
    comm.broadcast(BufferView::of<float>(values), 0);
  };
  EXPECT_THAT(error_of_run(2, work), HasSubstr("rank 0 calls barrier"));
}

TEST(ThreadCommunicator, sums_are_folded_in_rank_order) {
  run_ranks(3, [](Communicator& comm) {
    // (1e8 + 1) - 1e8 loses the 1 in float32; any other order keeps it.
    constexpr float kTerms[] = {1e8f, 1.0f, -1e8f};
    std::vector<float> values{kTerms[comm.rank()]};
    comm.all_reduce(BufferView::of<float>(values));
    EXPECT_EQ(values.front(), 0.0f);
  });
}

TEST(ThreadCommunicator, ranks_are_split_into_pretend_nodes) {
  const auto work = [](Communicator& comm) {
    const auto node = comm.split_by_node();
    EXPECT_EQ(node->size(), comm.rank() < 3 ? 3 : 2);
    EXPECT_EQ(node->rank(), comm.rank() % 3);
    std::vector<std::int32_t> sum{comm.rank()};
    node->all_reduce(BufferView::of<std::int32_t>(sum));
    EXPECT_EQ(sum.front(), comm.rank() < 3 ? 0 + 1 + 2 : 3 + 4);
  };
  run_ranks(5, work, /*nodes=*/2);
}

TEST(ThreadCommunicator, more_nodes_than_ranks_are_refused) {
  EXPECT_THROW(make_thread_communicators(2, 3), Error);
  EXPECT_THROW(make_thread_communicators(0), Error);
}

}  // namespace
}  // namespace greentrain
