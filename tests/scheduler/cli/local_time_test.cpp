#include "scheduler/cli/local_time.h"

#include <stdlib.h>
#include <time.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"

namespace greentrain {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

/// Sets the zone of the process by its rule, so that no zone file is needed.
class LocalTime : public ::testing::Test {
 protected:
  LocalTime() { set_zone("CET-1CEST,M3.5.0,M10.5.0/3"); }
  ~LocalTime() override { set_zone("UTC0"); }

  static void set_zone(const char* rule) {
    setenv("TZ", rule, 1);
    tzset();
  }
  static UtcTime utc(const char* text) { return *parse_utc(text); }
  static std::string moment(const std::string& text, const char* now) {
    return format_utc(parse_moment("--deadline", text, utc(now)));
  }
};

TEST_F(LocalTime, takes_a_date_with_a_zone_as_it_stands) {
  EXPECT_EQ(moment("2026-11-20T18:00Z", "2026-11-20T12:00Z"), "2026-11-20T18:00Z");
  EXPECT_EQ(moment("2026-11-20T18:00+05:00", "2026-11-20T12:00Z"), "2026-11-20T13:00Z");
}

TEST_F(LocalTime, takes_a_time_of_day_for_its_next_occurrence) {
  EXPECT_EQ(moment("18:00", "2026-11-20T12:00Z"), "2026-11-20T17:00Z");
  EXPECT_EQ(moment("18:00", "2026-11-20T17:00Z"), "2026-11-21T17:00Z") << "now is not next";
  EXPECT_EQ(moment("18:00", "2026-11-20T17:30Z"), "2026-11-21T17:00Z");
  EXPECT_EQ(moment("00:30", "2026-11-20T22:45Z"), "2026-11-20T23:30Z") << "past local midnight";
}

TEST_F(LocalTime, follows_the_clock_change_between_now_and_then) {
  EXPECT_EQ(moment("18:00", "2026-07-01T12:00Z"), "2026-07-01T16:00Z");
  EXPECT_EQ(moment("18:00", "2026-10-24T17:00Z"), "2026-10-25T17:00Z")
      << "the night is an hour longer";
  EXPECT_EQ(moment("18:00", "2026-03-28T18:00Z"), "2026-03-29T16:00Z");
}

TEST_F(LocalTime, takes_the_first_of_a_repeated_hour_that_is_still_to_come) {
  EXPECT_EQ(moment("2026-10-25 02:30", "2026-10-24T12:00Z"), "2026-10-25T00:30Z");
  EXPECT_EQ(moment("02:30", "2026-10-25T00:10Z"), "2026-10-25T00:30Z");
  EXPECT_EQ(moment("02:30", "2026-10-25T00:40Z"), "2026-10-25T01:30Z");
}

TEST_F(LocalTime, refuses_a_date_in_the_hour_that_is_left_out) {
  try {
    moment("2026-03-29 02:30", "2026-03-28T12:00Z");
    FAIL() << "accepted";
  } catch (const UsageError& error) {
    EXPECT_THAT(error.what(), HasSubstr("a clock change leaves it out"));
  }
}

TEST_F(LocalTime, moves_a_time_of_day_that_is_left_out_to_the_next_day_that_has_it) {
  EXPECT_EQ(moment("02:30", "2026-03-28T12:00Z"), "2026-03-30T00:30Z");
}

TEST_F(LocalTime, takes_a_local_date_in_the_past) {
  EXPECT_EQ(moment("2026-01-01 12:00", "2026-11-20T12:00Z"), "2026-01-01T11:00Z");
}

TEST_F(LocalTime, knows_zones_that_are_off_by_half_hours_and_far_from_utc) {
  set_zone("IST-5:30");
  EXPECT_EQ(moment("18:00", "2026-11-20T12:00Z"), "2026-11-20T12:30Z");
  set_zone("LINT-14");
  EXPECT_EQ(moment("18:00", "2026-11-20T12:00Z"), "2026-11-21T04:00Z");
  set_zone("AoE12");
  EXPECT_EQ(moment("18:00", "2026-11-20T12:00Z"), "2026-11-21T06:00Z");
}

TEST_F(LocalTime, refuses_what_is_no_time_and_names_the_option) {
  for (const char* text : {"", "6pm", "24:00", "18", "18:60", "tomorrow", "2026-02-30 12:00"}) {
    try {
      moment(text, "2026-11-20T12:00Z");
      FAIL() << text;
    } catch (const UsageError& error) {
      EXPECT_THAT(error.what(), HasSubstr("--deadline"));
    }
  }
}

TEST_F(LocalTime, is_written_with_its_zone) {
  EXPECT_EQ(format_local(utc("2026-11-20T17:00Z")), "2026-11-20 18:00 CET");
  EXPECT_EQ(format_local(utc("2026-07-01T17:00Z")), "2026-07-01 19:00 CEST");
}

}  // namespace
}  // namespace greentrain
