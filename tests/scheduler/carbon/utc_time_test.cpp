#include "scheduler/carbon/utc_time.h"

#include <gtest/gtest.h>

namespace greentrain {
namespace {

using namespace std::chrono_literals;

const UtcTime kNoon = std::chrono::sys_days{std::chrono::year{2026} / 11 / 20} + 12h;

TEST(ParseUtc, reads_every_form_that_the_feeds_write) {
  for (const char* text : {"2026-11-20T12:00Z", "2026-11-20T12:00:00Z", "2026-11-20T12:00:00.000Z",
                           "2026-11-20T12:00:00+00:00", "2026-11-20 12:00:00Z",
                           "2026-11-20T13:00+01:00", "2026-11-20T13:00:00+0100",
                           "2026-11-20T13:00+01", "2026-11-20T06:30:00-05:30", "2026-11-20T12Z"}) {
    EXPECT_EQ(parse_utc(text), kNoon) << text;
  }
}

TEST(ParseUtc, refuses_a_time_without_a_zone_unless_the_source_says_utc) {
  EXPECT_EQ(parse_utc("2026-11-20T12:00:00"), std::nullopt);
  EXPECT_EQ(parse_utc("2026-11-20 12:00:00", NaiveTime::IsUtc), kNoon);
  EXPECT_EQ(parse_utc("2026-11-20T12", NaiveTime::IsUtc), kNoon);
}

TEST(ParseUtc, refuses_days_and_hours_that_do_not_exist) {
  for (const char* text : {"2026-02-29T12:00Z", "2026-13-01T12:00Z", "2026-11-20T24:00Z",
                           "2026-11-20T12:60Z", "2026-11-20T12:00:60Z", "2026-11-20T12:00+25:00"}) {
    EXPECT_EQ(parse_utc(text), std::nullopt) << text;
  }
}

TEST(ParseUtc, refuses_what_is_no_date) {
  for (const char* text : {"", "Z", "2026", "2026-11-20", "20-11-2026T12:00Z", "2026-11-20T12:00Zx",
                           "2026-11-20T12:00:00.Z", "1763640000", "2026-11-20T1:00Z"}) {
    EXPECT_EQ(parse_utc(text), std::nullopt) << text;
  }
}

TEST(ParseUtc, tells_the_two_hours_of_an_autumn_clock_change_apart) {
  const auto summer = parse_utc("2026-10-25T02:30+02:00");
  const auto winter = parse_utc("2026-10-25T02:30+01:00");
  ASSERT_TRUE(summer && winter);
  EXPECT_EQ(*winter - *summer, 1h);
}

TEST(FormatUtc, is_read_back_as_the_same_time) {
  EXPECT_EQ(format_utc(kNoon), "2026-11-20T12:00Z");
  EXPECT_EQ(format_utc(kNoon + 7s), "2026-11-20T12:00:07Z");
  EXPECT_EQ(parse_utc(format_utc(kNoon + 7s)), kNoon + 7s);
}

}  // namespace
}  // namespace greentrain
