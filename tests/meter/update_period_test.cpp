#include "meter/update_period.h"

#include <cmath>

#include <gtest/gtest.h>

namespace greentrain {
namespace {

using namespace std::chrono_literals;

/// Reads a counter that moves once a period, every `every` for `time`.
UpdatePeriod read(Seconds period, Seconds every, Seconds time) {
  UpdatePeriod found(100ms);
  for (Seconds now{0}; now < time; now += every) {
    const Joules raw{std::floor(now / period)};
    const Clock::Instant at(std::chrono::duration_cast<std::chrono::nanoseconds>(now));
    found.add(raw, at, at + 50us);
  }
  return found;
}

TEST(UpdatePeriod, is_found_from_readings_that_are_close_together) {
  for (const Seconds period : {20ms, 50ms, 100ms, 250ms}) {
    const auto longest = read(period, 5ms, 20 * period).longest();
    ASSERT_TRUE(longest) << period.count();
    EXPECT_GE(*longest, period);
    EXPECT_LE(*longest, period + 11ms);
  }
}

TEST(UpdatePeriod, is_unknown_from_readings_that_are_far_apart) {
  EXPECT_FALSE(read(100ms, 1s, 100s).longest());
}

TEST(UpdatePeriod, is_unknown_after_a_few_changes) {
  EXPECT_FALSE(read(50ms, 5ms, 500ms).longest());
}

TEST(UpdatePeriod, is_found_at_once_where_it_is_longer_than_what_was_assumed) {
  const UpdatePeriod slow = read(400ms, 5ms, 2s);
  EXPECT_GE(slow.longest().value(), 400ms);
  EXPECT_LE(slow.longest().value(), 411ms);
  EXPECT_FALSE(slow.known());
  const UpdatePeriod slower = read(5s, 5ms, 7s);  // It moved once, 2 s ago.
  EXPECT_GE(slower.longest().value(), 1900ms);
}

TEST(UpdatePeriod, is_not_longer_for_a_pause_between_readings) {
  UpdatePeriod found = read(50ms, 5ms, 1s);
  const Clock::Instant later{10s};
  found.add(Joules{200}, later, later + 50us);
  found.add(Joules{201}, later + 5ms, later + 6ms);
  EXPECT_LE(found.longest().value(), 61ms);
}

}  // namespace
}  // namespace greentrain
