#include "comm/exchange/progress_thread.h"

#include <future>
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

TEST(ProgressThread, drops_what_has_not_begun_when_it_ends) {
  bool began = false;
  {
    ProgressThread progress;
    std::promise<void> begun;
    std::promise<void> go;
    progress.run([&] {
      begun.set_value();
      go.get_future().wait();
    });
    begun.get_future().wait();
    progress.run([&] { began = true; });
    progress.run([&] { began = true; });
    std::thread release([&] { go.set_value(); });
    release.detach();
    // The destructor may drop the pieces before or after the first one ends; it never hangs.
  }
  SUCCEED() << began;
}

}  // namespace
}  // namespace greentrain
