#include "comm/rank_errors.h"

#include <gtest/gtest.h>

#include "comm/launch.h"
#include "comm/thread_communicator.h"

namespace greentrain {
namespace {

TEST(RankFailures, equal_texts_are_told_once) {
  EXPECT_EQ(describe_failures({{0, "node1", "disk full"},
                               {1, "node7", "train.csv: not found"},
                               {2, "node7", "train.csv: not found"},
                               {3, "node8", "train.csv: not found"}},
                              4),
            "rank 0 (node1): disk full\n"
            "ranks 1-3 (node7, node8): train.csv: not found");
}

TEST(RankFailures, a_single_rank_is_not_named) {
  EXPECT_EQ(describe_failures({{0, "node1", "disk full"}}, 1), "disk full");
}

TEST(ThrowIfAnyFailed, does_nothing_when_no_rank_failed) {
  run_ranks(3, [](Communicator& comm) {
    EXPECT_NO_THROW(throw_if_any_failed(comm, std::nullopt, ExitCode::Usage));
  });
}

TEST(ThrowIfAnyFailed, throws_the_same_on_every_rank_when_one_failed) {
  run_ranks(3, [](Communicator& comm) {
    std::optional<std::string> error;
    if (comm.rank() == 1) error = "train.csv: not found\nsecond line";
    try {
      throw_if_any_failed(comm, error, ExitCode::Usage);
      ADD_FAILURE() << "no error";
    } catch (const SharedError& shared) {
      EXPECT_EQ(shared.code(), ExitCode::Usage);
      EXPECT_EQ(shared.what(), "rank 1 (" + host_name() + "): train.csv: not found\nsecond line");
    }
  });
}

TEST(ThrowIfAnyFailed, an_empty_text_is_a_failure_too) {
  run_ranks(2, [](Communicator& comm) {
    EXPECT_THROW(throw_if_any_failed(comm, "", ExitCode::Failure), SharedError);
  });
}

}  // namespace
}  // namespace greentrain
