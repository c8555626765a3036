#include "comm/exchange/progress_thread.h"

#include <atomic>
#include <future>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "core/error.h"

namespace greentrain {
namespace {

TEST(ProgressThread, does_the_pieces_in_their_order) {
  ProgressThread progress;
  std::vector<int> done;
  ProgressThread::Ticket last = 0;
  for (int piece = 0; piece < 100; ++piece) {
    last = progress.run([&done, piece] { done.push_back(piece); });
  }
  progress.wait(last);
  ASSERT_EQ(done.size(), 100u);
  for (int piece = 0; piece < 100; ++piece) EXPECT_EQ(done[static_cast<std::size_t>(piece)], piece);
}

TEST(ProgressThread, goes_on_while_its_owner_does_something_else) {
  ProgressThread progress;
  std::promise<void> computed;
  const auto ticket = progress.run([&] { computed.get_future().wait(); });
  computed.set_value();  // Would never be reached if run() did the work itself.
  progress.wait(ticket);
}

TEST(ProgressThread, throws_the_first_error_to_who_waits_and_does_nothing_after_it) {
  ProgressThread progress;
  bool went_on = false;
  const auto first = progress.run([] {});
  const auto second = progress.run([] { throw Error("the peer is gone"); });
  const auto third = progress.run([&] { went_on = true; });
  EXPECT_NO_THROW(progress.wait(first));
  EXPECT_THROW(progress.wait(second), Error);
  EXPECT_THROW(progress.wait(third), Error);
  EXPECT_FALSE(went_on);
}

TEST(ProgressThread, waits_for_what_has_begun_and_drops_the_rest_when_it_ends) {
  std::promise<void> begun;
  std::promise<void> go;
  std::atomic<int> done{0};
  std::thread release;
  {
    ProgressThread progress;
    progress.run([&] {
      begun.set_value();
      go.get_future().wait();
      ++done;
    });
    begun.get_future().wait();
    for (int i = 0; i < 100; ++i) progress.run([&] { ++done; });
    release = std::thread([&] { go.set_value(); });
  }  // It may have gone on for a while before it was told to end.
  release.join();
  EXPECT_GE(done, 1);
  EXPECT_LE(done, 101);
}

}  // namespace
}  // namespace greentrain
