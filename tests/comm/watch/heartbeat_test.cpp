#include "comm/watch/heartbeat.h"

#include <atomic>
#include <unistd.h>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "comm/thread_communicator.h"
#include "comm/watch/heart.h"
#include "comm/watch/watched_communicator.h"
#include "core/clock.h"
#include "tests/fakes/manual_clock.h"

namespace greentrain {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

// Ranks are threads here.
const SharedMemory::Source kOneProcess{.one_process = true};

TEST(Heartbeats, every_rank_sees_what_the_others_do) {
  for (const int ranks : {1, 2, 3}) {
    run_ranks(ranks, [&](Communicator& node) {
      Heartbeats heartbeats(node, 10 + node.rank(), kOneProcess);
      ASSERT_EQ(heartbeats.size(), static_cast<std::size_t>(ranks));
      const Beat mine{Clock::Instant(5s), 1 + node.rank(), 200,
                      Operation::Bucket,  65535,           4000000000};
      heartbeats.beat(mine);
      node.barrier();
      for (int rank = 0; rank < ranks; ++rank) {
        const Pulse pulse = heartbeats.pulse(static_cast<std::size_t>(rank));
        EXPECT_EQ(pulse.rank, 10 + rank);
        EXPECT_EQ(pulse.process.pid, getpid());
        EXPECT_FALSE(pulse.left);
        EXPECT_EQ(pulse.last.time, mine.time);
        EXPECT_EQ(pulse.last.step, 1 + rank);
        EXPECT_EQ(pulse.last.phase, 200);
        EXPECT_EQ(pulse.last.operation, Operation::Bucket);
        EXPECT_EQ(pulse.last.bucket, 65535);
        EXPECT_EQ(pulse.last.number, 4000000000);
      }
      node.barrier();
      heartbeats.leave();
      node.barrier();
      EXPECT_TRUE(heartbeats.pulse(0).left);
    });
  }
}

TEST(Heartbeats, the_history_holds_the_last_64_beats_oldest_first) {
  run_ranks(1, [](Communicator& node) {
    Heartbeats heartbeats(node, 0, kOneProcess);
    EXPECT_EQ(heartbeats.history(0).size(), 1u);  // That it exists.
    for (int step = 1; step <= 100; ++step) heartbeats.beat({Clock::Instant(), step});
    const auto history = heartbeats.history(0);
    ASSERT_EQ(history.size(), 64u);
    EXPECT_EQ(history.front().step, 37);
    EXPECT_EQ(history.back().step, 100);
  });
}

TEST(Heartbeats, one_rank_of_the_node_speaks) {
  std::atomic<int> speakers{0};
  run_ranks(4, [&](Communicator& node) {
    Heartbeats heartbeats(node, node.rank(), kOneProcess);
    if (heartbeats.claim_to_speak()) ++speakers;
    EXPECT_FALSE(heartbeats.claim_to_speak());
    node.barrier();
  });
  EXPECT_EQ(speakers, 1);
}

TEST(Heartbeats, without_shared_memory_each_rank_sees_itself) {
  run_ranks(2, [](Communicator& node) {
    Heartbeats heartbeats(node, node.rank(),
                          {"/nonexistent", /*memfd=*/false, /*one_process=*/false});
    ASSERT_TRUE(heartbeats.problem());
    EXPECT_THAT(*heartbeats.problem(), HasSubstr("/nonexistent"));
    ASSERT_EQ(heartbeats.size(), 1u);
    EXPECT_EQ(heartbeats.pulse(0).rank, node.rank());
  });
}

TEST(Heartbeats, can_be_read_while_they_are_written) {
  run_ranks(2, [](Communicator& node) {
    Heartbeats heartbeats(node, node.rank(), kOneProcess);
    for (int step = 1; step <= 2000; ++step) {
      heartbeats.beat({Clock::Instant(), step});
      const std::int64_t seen = heartbeats.pulse(0).last.step;
      EXPECT_GE(seen, 0);
      EXPECT_LE(seen, 2000);
    }
    node.barrier();
  });
}

TEST(Heart, tells_of_phases_steps_and_collectives) {
  run_ranks(1, [](Communicator& node) {
    Heartbeats heartbeats(node, 0, kOneProcess);
    ManualClock clock;
    Heart heart(heartbeats, clock);
    WatchedCommunicator comm(node);
    comm.barrier();  // It has no heart yet.
    comm.set_heart(heart);
    heart.steps_done(3);
    heart.enter(2);
    comm.barrier();
    heart.begin_bucket(5);
    clock.advance(1s);
    heart.enter(4);

    const auto beats = heartbeats.history(0);
    ASSERT_EQ(beats.size(), 6u);
    EXPECT_EQ(beats[1].phase, 2);
    EXPECT_EQ(beats[1].step, 3);
    EXPECT_EQ(beats[2].operation, Operation::Barrier);
    EXPECT_EQ(beats[2].number, 1u);
    EXPECT_EQ(beats[3].operation, Operation::None);
    EXPECT_EQ(beats[4].operation, Operation::Bucket);
    EXPECT_EQ(beats[4].bucket, 5);
    EXPECT_EQ(beats[5].operation, Operation::None);
    EXPECT_EQ(beats[5].number, 1u);
    EXPECT_EQ(beats[5].time - beats[4].time, 1s);
  });
}

TEST(WatchedCommunicator, passes_every_call_on) {
  run_ranks(2, [](Communicator& node) {
    Heartbeats heartbeats(node, node.rank(), kOneProcess);
    const SystemClock clock;
    Heart heart(heartbeats, clock);
    WatchedCommunicator comm(node);
    comm.set_heart(heart);
    EXPECT_EQ(comm.rank(), node.rank());
    EXPECT_EQ(comm.size(), 2);

    std::vector<float> values{1.F + static_cast<float>(comm.rank()), 5.F};
    comm.all_reduce(BufferView::of<float>(values));
    EXPECT_EQ(values, (std::vector<float>{3, 10}));
    comm.all_reduce(BufferView::of<float>(values), ReduceOp::Max);
    EXPECT_EQ(values, (std::vector<float>{3, 10}));
    std::vector<float> part(1);
    comm.reduce_scatter(ConstBufferView::of<float>(values), BufferView::of<float>(part));
    EXPECT_EQ(part.front(), comm.rank() == 0 ? 6 : 20);
    comm.all_gather(ConstBufferView::of<float>(part), BufferView::of<float>(values));
    EXPECT_EQ(values, (std::vector<float>{6, 20}));
    values = {10.F * static_cast<float>(comm.rank()), 10.F * static_cast<float>(comm.rank()) + 1};
    std::vector<float> swapped(2);
    comm.all_to_all(ConstBufferView::of<float>(values), BufferView::of<float>(swapped));
    EXPECT_EQ(swapped[1], static_cast<float>(10 + comm.rank()));
    values[0] = static_cast<float>(comm.rank());
    comm.broadcast(BufferView::of<float>(values), 1);
    EXPECT_EQ(values[0], 1);
    Record record{};
    record.bytes[0] = static_cast<std::byte>(1 + comm.rank());
    comm.reduce_record(record,
                       [](Record& into, const Record& next) { into.bytes[0] |= next.bytes[0]; });
    EXPECT_EQ(record.bytes[0], static_cast<std::byte>(3));
    EXPECT_EQ(comm.split_by_node()->size(), 2);
    EXPECT_EQ(comm.split(comm.rank())->size(), 1);
    comm.barrier();
    EXPECT_EQ(heartbeats.pulse(static_cast<std::size_t>(comm.rank())).last.number, 8u);
  });
}

}  // namespace
}  // namespace greentrain
