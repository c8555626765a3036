#include "meter/counter.h"

#include <gtest/gtest.h>

namespace greentrain {
namespace {

using namespace std::chrono_literals;

CounterLimits limits() {
  return {.range = Joules{1000}, .max_power = Watts{100}, .update_period = Seconds(0)};
}

Clock::Instant at(Seconds time) {
  return Clock::Instant(std::chrono::duration_cast<std::chrono::nanoseconds>(time));
}

TEST(CounterStep, adds_what_the_counter_grew) {
  const CounterStep step = counter_step(limits(), Joules{100}, Joules{130}, 1s);
  EXPECT_EQ(step.event, CounterEvent::Advanced);
  EXPECT_EQ(step.joules, Joules{30});
  EXPECT_EQ(step.lo, step.hi);
}

TEST(CounterStep, adds_the_range_once_when_the_counter_wraps) {
  const CounterStep step = counter_step(limits(), Joules{990}, Joules{15}, 1s);
  EXPECT_EQ(step.event, CounterEvent::Wrapped);
  EXPECT_EQ(step.joules, Joules{25});
  EXPECT_EQ(step.lo, Joules{25});
  EXPECT_EQ(step.hi, Joules{25});
}

TEST(CounterStep, takes_a_drop_far_from_the_range_for_a_reset) {
  const CounterStep step = counter_step(limits(), Joules{500}, Joules{20}, 1s);
  EXPECT_EQ(step.event, CounterEvent::Reset);
  EXPECT_EQ(step.lo, Joules{20});  // Drawn since the restart.
  EXPECT_EQ(step.hi, Joules{100});
  EXPECT_EQ(step.joules, Joules{60});
}

TEST(CounterStep, uses_what_was_expected_as_the_figure_of_a_reset) {
  const CounterStep step = counter_step(limits(), Joules{500}, Joules{20}, 1s, Joules{33});
  EXPECT_EQ(step.joules, Joules{33});
  EXPECT_EQ(counter_step(limits(), Joules{500}, Joules{20}, 1s, Joules{1e9}).joules, Joules{100});
}

TEST(CounterStep, trusts_nothing_of_a_jump_that_no_power_explains) {
  for (const Joules after : {Joules{900}, Joules{450}}) {  // Up, and down.
    const CounterStep step = counter_step(limits(), Joules{500}, after, 1s);
    EXPECT_EQ(step.event, CounterEvent::Reset);
    EXPECT_EQ(step.lo, Joules{0});
    EXPECT_EQ(step.hi, Joules{100});
  }
}

TEST(CounterStep, takes_every_decrease_for_a_reset_without_a_range) {
  CounterLimits no_range = limits();
  no_range.range.reset();
  EXPECT_EQ(counter_step(no_range, Joules{990}, Joules{15}, 1s).event, CounterEvent::Reset);
}

TEST(CounterStep, bounds_what_more_than_one_wrap_may_hide) {
  const CounterStep step = counter_step(limits(), Joules{990}, Joules{15}, 25s, Joules{1200});
  EXPECT_EQ(step.event, CounterEvent::Ambiguous);
  EXPECT_EQ(step.lo, Joules{25});
  EXPECT_EQ(step.hi, Joules{2025});
  EXPECT_EQ(step.joules, Joules{1025});
}

TEST(CounterTotal, says_nothing_about_what_was_in_the_counter_before) {
  CounterTotal total(limits());
  EXPECT_TRUE(total.add(Joules{700}, at(0s), at(0s)));
  EXPECT_EQ(total.joules(), Joules{0});
}

TEST(CounterTotal, loses_nothing_when_readings_in_between_are_lost) {
  CounterTotal total(limits());
  total.add(Joules{0}, at(0s), at(0s));
  total.add(Joules{400}, at(8s), at(8s));
  EXPECT_EQ(total.joules(), Joules{400});
  EXPECT_EQ(total.lo(), total.hi());
  EXPECT_EQ(total.unseen(), 0s);
}

TEST(CounterTotal, counts_a_standstill_as_lost_and_widens_afterwards) {
  CounterTotal total(limits());
  total.add(Joules{5}, at(-100ms), at(-100ms));
  total.add(Joules{10}, at(0s), at(0s));
  EXPECT_TRUE(total.add(Joules{10}, at(10ms), at(10ms)));  // May be between two updates.
  EXPECT_FALSE(total.add(Joules{10}, at(1s), at(1s)));
  EXPECT_FALSE(total.add(Joules{10}, at(2s), at(2s)));
  EXPECT_TRUE(total.add(Joules{40}, at(3s), at(3s)));
  EXPECT_EQ(total.lo(), Joules{5 + 20});   // 10 J of the 30 may stem from the step before.
  EXPECT_EQ(total.hi(), Joules{5 + 310});  // And that step may have shown nothing of its 10 J.
  EXPECT_EQ(total.unseen(), 3s);
}

TEST(CounterTotal, trusts_nothing_of_what_follows_a_standstill_of_unknown_age) {
  CounterTotal total(limits());
  total.add(Joules{10}, at(0s), at(0s));
  total.add(Joules{10}, at(1s), at(1s));
  total.add(Joules{40}, at(2s), at(2s));
  EXPECT_EQ(total.lo(), Joules{0});  // It may all have been drawn before the first reading.
  EXPECT_EQ(total.hi(), Joules{200});
}

TEST(CounterTotal, counts_resets_and_gaps_apart) {
  CounterTotal total(limits());
  total.add(Joules{500}, at(0s), at(0s));
  total.add(Joules{20}, at(1s), at(1s));     // Reset.
  total.add(Joules{60}, at(30s), at(30s));   // One wrap or more is possible.
  total.add(Joules{60}, at(31s), at(31s));   // Stands still,
  total.add(Joules{100}, at(32s), at(32s));  // and goes on.
  EXPECT_EQ(total.resets(), 1);
  EXPECT_EQ(total.gaps(), 2);
}

TEST(CounterTotal, tells_how_long_ago_the_counter_last_moved) {
  CounterTotal total(limits());
  total.add(Joules{10}, at(0s), at(1ms));
  EXPECT_EQ(total.age(), 0s);
  total.add(Joules{10}, at(10ms), at(11ms));
  EXPECT_EQ(total.age(), 11ms);
  total.add(Joules{11}, at(20ms), at(21ms));
  EXPECT_EQ(total.age(), 0s);
}

TEST(CounterLimits, ask_for_two_readings_in_the_time_of_a_wrap) {
  EXPECT_EQ(longest_period(limits()), 5s);
  CounterLimits endless = limits();
  endless.range.reset();
  EXPECT_EQ(longest_period(endless), std::nullopt);
}

TEST(CounterTotal, is_exact_again_after_a_reset) {
  CounterTotal total(limits());
  total.add(Joules{500}, at(0s), at(0s));
  total.add(Joules{550}, at(1s), at(1s));
  total.add(Joules{20}, at(2s), at(2s));
  total.add(Joules{70}, at(3s), at(3s));
  EXPECT_EQ(total.joules(), Joules{150});  // 50, about 50 across the reset, 50.
  EXPECT_EQ(total.lo(), Joules{120});
  EXPECT_EQ(total.hi(), Joules{200});
  EXPECT_EQ(total.unseen(), 1s);
}

}  // namespace
}  // namespace greentrain
