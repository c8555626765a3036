// Collectives through shared memory: buffers copied through workspaces of several sizes, and
// buffers that lie in them.
#include "comm/arena/arena_communicator.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "comm/thread_communicator.h"
#include "tests/comm/collective_suite.h"

namespace greentrain {

void on_ranks(const std::function<void(Communicator&)>& work) {
  for (const std::size_t workspace : {std::size_t{1}, std::size_t{4096 * 3}}) {
    for (const int ranks : {1, 2, 3, 4}) {
      SCOPED_TRACE(::testing::Message() << ranks << " ranks, workspace " << workspace);
      run_ranks(ranks, [&](Communicator& node) {
        ArenaCommunicator comm(node, workspace);
        work(comm);
        comm.barrier();
      });
    }
  }
}

namespace {

TEST(ArenaCommunicator, sums_buffers_of_the_workspace_where_they_lie) {
  for (const int ranks : {1, 2, 3, 4}) {
    for (const std::size_t count : {std::size_t{0}, std::size_t{1}, std::size_t{17},
                                    std::size_t{5000}, std::size_t{100'003}}) {
      run_ranks(ranks, [&](Communicator& node) {
        ArenaCommunicator comm(node, (count + 5) * sizeof(float));
        const std::span<float> values(reinterpret_cast<float*>(comm.workspace().data()) + 5, count);
        for (int round = 0; round < 3; ++round) {
          for (std::size_t i = 0; i < count; ++i) {
            values[i] = static_cast<float>(i % 1000) + static_cast<float>(comm.rank());
          }
          comm.all_reduce(BufferView::of(values));
          const auto all = static_cast<float>(ranks);
          for (std::size_t i = 0; i < count; ++i) {
            const float sum = all * static_cast<float>(i % 1000) + all * (all - 1) / 2;
            ASSERT_EQ(values[i], sum) << "element " << i << " of " << count;
          }
          comm.barrier();
        }
      });
    }
  }
}

}  // namespace
}  // namespace greentrain
