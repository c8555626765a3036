#include "comm/device/nccl_communicator.h"

#include <atomic>
#include <future>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "comm/device/nccl_watchdog.h"
#include "comm/rank_errors.h"
#include "comm/thread_communicator.h"
#include "tests/comm/device/gpu_fake.h"
#include "tests/fakes/manual_clock.h"

namespace greentrain {
namespace {

using testing::HasSubstr;

/// A stream of the fake GPU.
class Stream {
 public:
  ~Stream() { fake_gpu::destroy_stream(stream_); }
  DeviceStream get() const { return stream_; }
  void finish() const { fake_gpu::synchronize(stream_); }

 private:
  DeviceStream stream_{fake_gpu::make_stream()};
};

/// A clock on which every look takes a second: waiting loops come to their end without a wait.
class HastyClock final : public Clock {
 public:
  Instant now() const override {
    clock_.advance(Seconds{1});
    return clock_.now();
  }
  std::chrono::system_clock::time_point date() const override { return clock_.date(); }

 private:
  mutable ManualClock clock_;
};

std::string text_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

class NcclCommunicators : public testing::Test {
 protected:
  void TearDown() override {
    EXPECT_EQ(fake_gpu::overlapping_nccl_calls(), 0);
    EXPECT_EQ(fake_gpu::living_communicators(), 0);
    fake_gpu::reset();
  }
  SystemClock clock_;
  HastyClock hasty_;
};

TEST_F(NcclCommunicators, sum_and_gather_like_mpi) {
  for (const int ranks : {1, 2, 3}) {
    run_ranks(ranks, [&](Communicator& world) {
      Stream stream;
      NcclCommunicator nccl(world, clock_);
      const auto n = static_cast<std::size_t>(ranks);
      std::vector<float> input(2 * n);
      for (std::size_t i = 0; i < input.size(); ++i) {
        input[i] = static_cast<float>(10 * i + static_cast<std::size_t>(world.rank()));
      }
      std::vector<float> sums(2);
      std::vector<float> all(2 * n);
      nccl.reduce_scatter(input.data(), sums.data(), 2, stream.get());
      nccl.all_gather(sums.data(), all.data(), 2, stream.get());
      stream.finish();
      for (std::size_t i = 0; i < all.size(); ++i) {
        EXPECT_EQ(all[i], static_cast<float>(10 * i * n + n * (n - 1) / 2));
      }
    });
    EXPECT_EQ(fake_gpu::aborted_communicators(), 0);
  }
}

TEST_F(NcclCommunicators, refuse_a_library_older_than_the_header) {
  fake_gpu::set_nccl_faults({.loaded_version = 22703});
  run_ranks(2, [&](Communicator& world) {
    EXPECT_THAT(text_of([&] { NcclCommunicator(world, clock_); }), HasSubstr("NCCL is 2.27.3"));
  });
}

TEST_F(NcclCommunicators, take_a_newer_library) {
  fake_gpu::set_nccl_faults({.loaded_version = 23007});
  run_ranks(2, [&](Communicator& world) {
    NcclCommunicator nccl(world, clock_);
    EXPECT_EQ(NcclCommunicator::version(), "2.30.7");
  });
}

TEST_F(NcclCommunicators, say_on_every_rank_which_rank_could_not_join) {
  fake_gpu::set_nccl_faults({.failed_rank = 1});
  run_ranks(3, [&](Communicator& world) {
    try {
      NcclCommunicator nccl(world, clock_);
      ADD_FAILURE() << "joined";
    } catch (const SharedError& error) {
      EXPECT_THAT(error.what(), HasSubstr("rank 1 ("));
      EXPECT_THAT(error.what(), HasSubstr("joining"));
    }
  });
}

TEST_F(NcclCommunicators, give_up_joining_after_the_limit) {
  fake_gpu::set_nccl_faults({.never_ready = true});
  run_ranks(2, [&](Communicator& world) {
    EXPECT_THAT(text_of([&] { NcclCommunicator(world, hasty_); }),
                HasSubstr("not done after 300 s"));
  });
  EXPECT_EQ(fake_gpu::aborted_communicators(), 2);
}

TEST_F(NcclCommunicators, report_what_nccl_noticed_and_refuse_further_calls) {
  run_ranks(2, [&](Communicator& world) {
    Stream stream;
    NcclCommunicator nccl(world, clock_);
    EXPECT_FALSE(nccl.failure());
    world.barrier();
    fake_gpu::break_network();
    EXPECT_THAT(nccl.failure().value_or(""), HasSubstr("in the background"));
    nccl.abort();
    nccl.abort();  // Once more does nothing.
    float value = 0;
    EXPECT_THAT(text_of([&] { nccl.all_gather(&value, &value, 1, stream.get()); }),
                HasSubstr("gave up"));
    world.barrier();
  });
  EXPECT_EQ(fake_gpu::aborted_communicators(), 2);
}

TEST_F(NcclCommunicators, end_what_waits_on_the_gpu_when_aborted_from_another_thread) {
  fake_gpu::set_nccl_faults({.peers_vanish = true});
  run_ranks(2, [&](Communicator& world) {
    Stream stream;
    NcclCommunicator nccl(world, clock_);
    std::vector<float> values(2);
    nccl.all_gather(values.data(), values.data(), 1, stream.get());
    std::thread([&] { nccl.abort(); }).join();
    stream.finish();  // Would never return.
  });
}

TEST_F(NcclCommunicators, are_never_called_by_two_threads_at_once) {
  run_ranks(2, [&](Communicator& world) {
    Stream stream;
    NcclCommunicator nccl(world, clock_);
    std::atomic<bool> stop{false};
    std::thread watcher([&] {
      while (!stop) EXPECT_FALSE(nccl.failure());
    });
    std::vector<float> values(2);
    for (int i = 0; i < 200; ++i) {
      nccl.all_gather(values.data() + world.rank(), values.data(), 1, stream.get());
    }
    stream.finish();
    stop = true;
    watcher.join();
  });
}

/// What the watchdog said, once.
class Report {
 public:
  NcclWatchdog::OnFailure to() {
    return [this](const std::string& text) { text_.set_value(text); };
  }
  std::string wait() { return text_.get_future().get(); }

 private:
  std::promise<std::string> text_;
};

TEST_F(NcclCommunicators, are_aborted_by_the_watchdog_when_the_network_breaks) {
  run_ranks(2, [&](Communicator& world) {
    NcclCommunicator nccl(world, clock_);
    StepDeadline deadline(clock_, {});
    Report report;
    const NcclWatchdog watchdog(nccl, deadline, report.to());
    world.barrier();
    fake_gpu::break_network();
    EXPECT_THAT(report.wait(), HasSubstr("NCCL: in the background"));
  });
  EXPECT_EQ(fake_gpu::aborted_communicators(), 2);
}

TEST_F(NcclCommunicators, are_aborted_by_the_watchdog_when_a_step_hangs) {
  fake_gpu::set_nccl_faults({.peers_vanish = true});
  run_ranks(2, [&](Communicator& world) {
    Stream stream;
    NcclCommunicator nccl(world, clock_);
    ManualClock clock;
    StepDeadline deadline(clock, {});
    std::vector<float> values(2);
    nccl.all_gather(values.data(), values.data(), 1, stream.get());
    deadline.expect(5, [] { return false; });
    clock.advance(Seconds{61});
    Report report;
    const NcclWatchdog watchdog(nccl, deadline, report.to());
    EXPECT_THAT(report.wait(), HasSubstr("step 5: "));
    stream.finish();
  });
  EXPECT_EQ(fake_gpu::aborted_communicators(), 2);
}

}  // namespace
}  // namespace greentrain
