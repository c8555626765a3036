#include "meter/phase_timer.h"

#include <functional>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/fakes/manual_clock.h"

namespace greentrain {
namespace {

Seconds of(const PhaseSeconds& totals, Phase phase) {
  return totals[static_cast<std::size_t>(phase)];
}

TEST(PhaseTimer, starts_in_startup_and_counts_the_running_phase) {
  ManualClock clock;
  const PhaseTimer timer(clock);
  clock.advance(Seconds(2));
  EXPECT_EQ(timer.current(), Phase::Startup);
  EXPECT_EQ(of(timer.totals(), Phase::Startup), Seconds(2));
}

TEST(PhaseTimer, moves_time_that_turns_out_to_belong_to_another_phase) {
  ManualClock clock;
  PhaseTimer timer(clock);
  timer.enter(Phase::Exchange);
  clock.advance(Seconds(5));
  timer.enter(Phase::Update);
  clock.advance(Seconds(2));
  timer.move(Phase::Exchange, Phase::Wait, Seconds(3));
  timer.move(Phase::Update, Phase::Wait, Seconds(0.5));  // Still running.
  clock.advance(Seconds(1));
  const PhaseSeconds totals = timer.totals();
  EXPECT_EQ(of(totals, Phase::Exchange), Seconds(2));
  EXPECT_EQ(of(totals, Phase::Update), Seconds(2.5));
  EXPECT_EQ(of(totals, Phase::Wait), Seconds(3.5));
}

TEST(PhaseTimer, moves_no_more_time_than_there_is_and_none_below_zero) {
  ManualClock clock;
  PhaseTimer timer(clock);
  timer.enter(Phase::Exchange);
  clock.advance(Seconds(1));
  timer.move(Phase::Exchange, Phase::Wait, Seconds(9));
  timer.move(Phase::Wait, Phase::Exchange, Seconds(-1));
  EXPECT_EQ(of(timer.totals(), Phase::Exchange), Seconds(0));
  EXPECT_EQ(of(timer.totals(), Phase::Wait), Seconds(1));
}

TEST(PhaseTimer, gives_the_time_before_enter_to_the_phase_before) {
  ManualClock clock;
  PhaseTimer timer(clock);
  clock.advance(Seconds(1));
  timer.enter(Phase::Forward);
  clock.advance(Seconds(3));
  timer.enter(Phase::Backward);
  clock.advance(Seconds(5));
  timer.enter(Phase::Forward);
  clock.advance(Seconds(0.5));
  const PhaseSeconds totals = timer.totals();
  EXPECT_EQ(of(totals, Phase::Startup), Seconds(1));
  EXPECT_EQ(of(totals, Phase::Forward), Seconds(3.5));
  EXPECT_EQ(of(totals, Phase::Backward), Seconds(5));
}

TEST(PhaseTimer, tells_its_listener_of_each_phase_until_it_is_taken_away) {
  ManualClock clock;
  PhaseTimer timer(clock);
  std::vector<Phase> heard;
  timer.listen([&](Phase phase) { heard.push_back(phase); });
  timer.enter(Phase::Data);
  timer.enter(Phase::Forward);
  timer.listen(nullptr);
  timer.enter(Phase::Backward);
  EXPECT_EQ(heard, (std::vector{Phase::Data, Phase::Forward}));
  EXPECT_EQ(timer.current(), Phase::Backward);
}

/// Lets the training thread enter a phase at the worst moment: while a reader asks for the time.
class InterruptingClock final : public Clock {
 public:
  Instant now() const override {
    if (interrupt_) std::exchange(interrupt_, nullptr)();
    return clock_.now();
  }
  std::chrono::system_clock::time_point date() const override { return clock_.date(); }

  ManualClock clock_;
  mutable std::function<void()> interrupt_;
};

TEST(PhaseTimer, loses_no_time_when_a_phase_is_entered_during_a_reading) {
  InterruptingClock clock;
  PhaseTimer timer(clock);
  clock.clock_.advance(Seconds(4));
  clock.interrupt_ = [&] { timer.enter(Phase::Forward); };
  const PhaseSeconds totals = timer.totals();
  EXPECT_EQ(of(totals, Phase::Startup), Seconds(4));
  EXPECT_EQ(of(totals, Phase::Forward), Seconds(0));
}

TEST(PhaseTimer, never_shows_a_reader_time_twice_or_going_back) {
  SystemClock clock;
  const Clock::Instant start = clock.now();
  PhaseTimer timer(clock);
  std::thread training([&] {
    for (int step = 0; step < 20000; ++step) {
      timer.enter(step % 2 == 0 ? Phase::Forward : Phase::Backward);
    }
  });
  Seconds before{0};
  for (int i = 0; i < 2000; ++i) {
    Seconds sum{0};
    for (const Seconds seconds : timer.totals()) sum += seconds;
    EXPECT_GE(sum, before - Seconds(1e-9));
    EXPECT_LE(sum, Seconds(clock.now() - start) + Seconds(1e-9));
    before = sum;
  }
  training.join();
}

}  // namespace
}  // namespace greentrain
