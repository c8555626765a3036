#include "comm/device/step_deadline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/manual_clock.h"

namespace greentrain {
namespace {

using testing::HasSubstr;

TEST(StepDeadline, names_the_step_that_takes_longer_than_the_limit) {
  ManualClock clock;
  StepDeadline deadline(clock, {Seconds{300}, Seconds{60}});
  deadline.expect(7, [] { return false; });
  clock.advance(Seconds{60});
  EXPECT_FALSE(deadline.overdue());
  clock.advance(Seconds{0.1});
  EXPECT_THAT(deadline.overdue().value_or(""), HasSubstr("step 7: "));
}

TEST(StepDeadline, gives_the_first_step_more_time) {
  ManualClock clock;
  StepDeadline deadline(clock, {Seconds{300}, Seconds{60}});
  deadline.expect(1, [] { return false; });
  clock.advance(Seconds{299});
  EXPECT_FALSE(deadline.overdue());
  clock.advance(Seconds{2});
  EXPECT_TRUE(deadline.overdue());
}

TEST(StepDeadline, forgets_a_step_that_is_over) {
  ManualClock clock;
  StepDeadline deadline(clock, {});
  bool over = false;
  deadline.expect(2, [&] { return over; });
  EXPECT_FALSE(deadline.overdue());
  over = true;
  clock.advance(Seconds{1000});
  EXPECT_FALSE(deadline.overdue());
  over = false;  // The same event, recorded anew for a later step.
  clock.advance(Seconds{1000});
  EXPECT_FALSE(deadline.overdue());
}

TEST(StepDeadline, times_two_steps_apart) {
  ManualClock clock;
  StepDeadline deadline(clock, {});
  deadline.expect(2, [] { return false; });
  clock.advance(Seconds{40});
  deadline.expect(3, [] { return false; });
  clock.advance(Seconds{21});
  EXPECT_THAT(deadline.overdue().value_or(""), HasSubstr("step 2: "));
}

}  // namespace
}  // namespace greentrain
