#include "comm/watch/diagnosis.h"

#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace greentrain {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const Clock::Instant kStart = Clock::Instant(1000s);
const WatchLimits kLimits{300s, 60s};
enum : std::uint8_t { kStartup, kForward, kExchange, kUpdate, kEvaluation };

RankCondition rank(int number, std::uint8_t phase, Operation operation = Operation::None) {
  RankCondition rank;
  rank.pulse.rank = number;
  rank.pulse.process.pid = 100 + number;
  rank.pulse.last = {kStart, /*step=*/7, phase, operation, 0, /*number=*/12};
  return rank;
}

WatchedNode node(std::vector<RankCondition> ranks, const std::string& others = "") {
  return {std::move(ranks),
          {{"startup", false, true},
           {"forward", false, false},
           {"exchange", true, false},
           {"update", true, false},
           {"evaluation", false, true}},
          "node7",
          others};
}

std::optional<Diagnosis> after(std::chrono::milliseconds time, const WatchedNode& node,
                               Clock::Instant watching_since = kStart) {
  return diagnose(node, kLimits, kStart + time, watching_since);
}

TEST(Diagnosis, a_process_that_is_gone_is_named_at_once) {
  WatchedNode seen = node({rank(0, kExchange), rank(1, kForward), rank(2, kForward)});
  EXPECT_FALSE(after(0s, seen));
  seen.ranks[1].process = ProcessState::Gone;
  const auto found = after(0s, seen);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->trouble, Trouble::Lost);
  EXPECT_THAT(found->culprits, ElementsAre(1));
  EXPECT_THAT(found->finding, HasSubstr("rank 1 (node7, pid 101) is gone"));
  EXPECT_THAT(found->finding, HasSubstr("after step 7, in phase forward"));
}

TEST(Diagnosis, several_lost_ranks_are_named_together) {
  WatchedNode seen = node({rank(0, kExchange), rank(1, kForward), rank(2, kForward)});
  seen.ranks[1].process = seen.ranks[2].process = ProcessState::Gone;
  EXPECT_THAT(after(0s, seen)->finding, HasSubstr("ranks 1-2 (node7, pid 101 102) are gone"));
}

TEST(Diagnosis, a_rank_that_left_may_be_gone) {
  WatchedNode seen = node({rank(0, kForward), rank(1, kForward)});
  seen.ranks[1].process = ProcessState::Gone;
  seen.ranks[1].pulse.left = true;
  EXPECT_FALSE(after(1h, seen));
}

TEST(Diagnosis, a_silent_rank_is_named_when_others_wait_past_the_limit) {
  const WatchedNode seen = node({rank(0, kForward, Operation::AllReduce), rank(1, kForward),
                                 rank(2, kForward, Operation::AllReduce)});
  EXPECT_FALSE(after(60s, seen));
  const auto found = after(60'001ms, seen);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->trouble, Trouble::Hang);
  EXPECT_THAT(found->culprits, ElementsAre(1));
  EXPECT_THAT(found->finding,
              HasSubstr("ranks 0,2 have waited longer than 60 s for rank 1 (node7, pid 101)"));
  EXPECT_THAT(found->finding, HasSubstr("comm.timeout"));
}

TEST(Diagnosis, a_phase_spent_waiting_counts_as_waiting) {
  EXPECT_THAT(after(61s, node({rank(0, kExchange), rank(1, kForward)}))->culprits, ElementsAre(1));
}

TEST(Diagnosis, a_stopped_rank_is_told_from_a_slow_one) {
  WatchedNode seen = node({rank(0, kExchange), rank(1, kExchange)});
  seen.ranks[1].process = ProcessState::Stopped;
  EXPECT_FALSE(after(60s, seen));
  const auto found = after(61s, seen);
  ASSERT_TRUE(found);
  EXPECT_THAT(found->culprits, ElementsAre(1));
  EXPECT_THAT(found->finding, HasSubstr("`kill -CONT 101`"));
}

TEST(Diagnosis, ranks_that_all_compute_may_take_their_time) {
  EXPECT_FALSE(after(24h, node({rank(0, kForward), rank(1, kForward)})));
}

TEST(Diagnosis, a_rank_that_still_beats_is_waited_for) {
  WatchedNode seen = node({rank(0, kExchange), rank(1, kForward), rank(2, kForward)});
  seen.ranks[2].pulse.last.time = kStart + 30s;
  EXPECT_FALSE(after(61s, seen));
  EXPECT_THAT(after(91s, seen)->culprits, ElementsAre(1, 2));
}

TEST(Diagnosis, the_longer_limit_holds_before_the_first_step_and_in_slow_phases) {
  WatchedNode first_step = node({rank(0, kExchange), rank(1, kForward)});
  first_step.ranks[1].pulse.last.step = 0;
  for (const WatchedNode& seen : {first_step, node({rank(0, kExchange), rank(1, kEvaluation)})}) {
    EXPECT_FALSE(after(300s, seen));
    EXPECT_THAT(after(301s, seen)->finding, HasSubstr("comm.first_step_timeout"));
  }
}

TEST(Diagnosis, time_in_which_the_watcher_was_suspended_itself_does_not_count) {
  const WatchedNode seen = node({rank(0, kExchange), rank(1, kForward)});
  EXPECT_FALSE(after(1000s, seen, /*watching_since=*/kStart + 990s));
  EXPECT_TRUE(after(1051s, seen, /*watching_since=*/kStart + 990s));
}

TEST(Diagnosis, when_all_wait_the_rank_in_an_earlier_collective_is_late) {
  WatchedNode seen =
      node({rank(0, kForward, Operation::AllReduce), rank(1, kForward, Operation::Broadcast)});
  seen.ranks[1].pulse.last.number = 11;
  EXPECT_THAT(after(61s, seen)->culprits, ElementsAre(1));
  EXPECT_THAT(after(61s, seen)->finding,
              HasSubstr("rank 0 has waited longer than 60 s for rank 1"));
  seen.others = "ranks 2-3 (node8)";  // One of those may be what rank 1 waits for.
  EXPECT_THAT(after(67s, seen)->culprits, IsEmpty());
}

TEST(Diagnosis, when_all_wait_the_rank_in_an_earlier_step_or_phase_is_late) {
  WatchedNode seen = node({rank(0, kExchange), rank(1, kExchange), rank(2, kExchange)});
  seen.ranks[2].pulse.last.step = 6;
  EXPECT_THAT(after(61s, seen)->culprits, ElementsAre(2));
  seen = node({rank(0, kUpdate), rank(1, kExchange), rank(2, kUpdate)});
  EXPECT_THAT(after(61s, seen)->culprits, ElementsAre(1));
}

TEST(Diagnosis, when_none_is_late_here_the_other_hosts_speak_first) {
  const WatchedNode seen = node({rank(0, kExchange), rank(1, kExchange)}, "ranks 2-3 (node8)");
  EXPECT_FALSE(after(66s, seen));
  const auto found = after(67s, seen);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->trouble, Trouble::Hang);
  EXPECT_THAT(found->culprits, IsEmpty());
  EXPECT_THAT(found->finding, HasSubstr("No rank of node7 is late, so ranks 2-3 (node8)"));
}

TEST(Diagnosis, when_all_ranks_of_the_run_wait_nobody_is_accused) {
  const auto found = after(67s, node({rank(0, kExchange), rank(1, kExchange)}));
  ASSERT_TRUE(found);
  EXPECT_THAT(found->culprits, IsEmpty());
  EXPECT_THAT(found->finding, HasSubstr("All ranks of the run wait for each other"));
}

TEST(Table, has_a_line_for_each_rank_and_marks_the_culprit) {
  WatchedNode seen = node({rank(0, kForward, Operation::AllReduce), rank(1, kForward),
                           rank(2, kExchange, Operation::Bucket)});
  seen.ranks[1].process = ProcessState::Stopped;
  seen.ranks[2].pulse.last.bucket = 3;
  const std::string text = table(seen, {1}, kStart + 2500ms);
  std::vector<std::string> lines;
  for (std::size_t begin = 0, end = 0; end != std::string::npos; begin = end + 1) {
    end = text.find('\n', begin);
    lines.push_back(text.substr(begin, end - begin));
  }
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_THAT(lines[1], HasSubstr("waits in all_reduce 12"));
  EXPECT_THAT(lines[1], Not(HasSubstr("<--")));
  for (const char* part : {"101", "stopped", "7", "forward", "computes", "2.5 s  <--"}) {
    EXPECT_THAT(lines[2], HasSubstr(part));
  }
  EXPECT_THAT(lines[3], HasSubstr("waits in bucket 3"));
}

}  // namespace
}  // namespace greentrain
