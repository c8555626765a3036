// Collectives over MPI, with one call each and cut into calls of few elements.
#include "comm/mpi_communicator.h"

#include <gtest/gtest.h>

#include "tests/comm/collective_suite.h"
#include "tests/comm/mpi_test_main.h"

namespace greentrain {

void on_ranks(const std::function<void(Communicator&)>& work) {
  for (const std::size_t max_count : {kMaxMpiCount, std::size_t{7}, std::size_t{1}}) {
    SCOPED_TRACE(::testing::Message() << "at most " << max_count << " elements a call");
    work(*make_mpi_communicator(max_count));
  }
}

namespace {

TEST(MpiCommunicator, all_ranks_of_this_machine_share_a_node) {
  const auto node = world().split_by_node();
  EXPECT_EQ(node->size(), world().size());
  EXPECT_EQ(node->rank(), world().rank());
}

TEST(MpiCommunicator, a_failed_call_is_named_with_the_text_of_mpi) {
  std::vector<float> values(3);
  try {
    world().broadcast(BufferView::of<float>(values), /*root=*/99);
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    const std::string ranks =
        std::to_string(world().rank()) + " of " + std::to_string(world().size());
    EXPECT_EQ(error.what(), "MPI_Ibcast failed on rank " + ranks + ": MPI_ERR_ROOT: invalid root");
  }
  world().barrier();
}

TEST(MpiCommunicator, two_communicators_do_not_mix_their_messages) {
  const auto other = make_mpi_communicator();
  std::vector<std::int32_t> first{1};
  std::vector<std::int32_t> second{10};
  world().all_reduce(BufferView::of<std::int32_t>(first));
  other->all_reduce(BufferView::of<std::int32_t>(second));
  EXPECT_EQ(first.front(), world().size());
  EXPECT_EQ(second.front(), 10 * world().size());
}

}  // namespace
}  // namespace greentrain
