#include "scheduler/plan/plan_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"

namespace greentrain {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string refusal(std::string_view bytes) {
  try {
    parse_job_trace("jobs.csv", bytes);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

TEST(JobTrace, is_read_in_seconds_or_dates_and_sorted_by_arrival) {
  const auto seconds = parse_job_trace("f", "arrival_time,length,cpus\n60.0,900,4\n0,30.5,1\n");
  ASSERT_EQ(seconds.size(), 2u);
  EXPECT_EQ(seconds[0].length, Seconds{30.5});
  EXPECT_EQ(seconds[1].arrival, Seconds{60});
  EXPECT_EQ(seconds[1].nodes, 4);
  const auto dates = parse_job_trace(
      "f", "id,arrival,duration_s\n0,2020-01-01T09:30:00Z,1800\n1,2020-01-01T10:30:00Z,3600\n");
  EXPECT_EQ(dates[1].arrival, Seconds{3600});
  EXPECT_EQ(dates[1].nodes, 1);
}

TEST(JobTrace, names_the_line_of_what_cannot_be) {
  EXPECT_THAT(refusal("arrival_time,length\n0,900\n5,-1\n"),
              HasSubstr("jobs.csv: line 3: length \"-1\", expected a number from 1"));
  EXPECT_THAT(refusal("arrival_time,length\nnan,900\n"), HasSubstr("line 2: arrival_time \"nan\""));
  EXPECT_THAT(refusal("arrival,length\n12:00,900\n"), HasSubstr("expected a date"));
  EXPECT_THAT(refusal("arrival_time,cpus\n0,1\n"), HasSubstr("no column length or duration_s"));
  EXPECT_THAT(refusal("arrival_time,length\n0\n"), HasSubstr("line 2: 1 field(s)"));
  EXPECT_THAT(refusal("arrival_time,length\n"), HasSubstr("no row"));
  EXPECT_THAT(refusal(""), HasSubstr("no header"));
  EXPECT_THAT(refusal("arrival_time,length\n0,\x1b[31m\n"), Not(HasSubstr("\x1b")));
}

TEST(CapCurve, is_read_as_shares_of_full_power) {
  const auto curve = parse_cap_curve("f", "cap,speed,power\n1,1,1\n0.6,0.85,0.66\n");
  ASSERT_EQ(curve.size(), 2u);
  EXPECT_EQ(curve[1].speed, 0.85);
  EXPECT_THROW(parse_cap_curve("f", "cap,speed,power\n1,0,1\n"), UsageError);
  EXPECT_THROW(parse_cap_curve("f", "cap,speed,power\n"), UsageError);
}

TEST(CapCurve, may_have_levels_on_more_workers) {
  const auto curve = parse_cap_curve("c.csv", "cap,speed,power,workers\n1,1,1,1\n1,3.5,4,4\n");
  EXPECT_EQ(curve[0].workers, 1);
  EXPECT_EQ(curve[1].workers, 4);
  EXPECT_DOUBLE_EQ(curve[1].speed, 3.5);
  EXPECT_THROW(parse_cap_curve("c.csv", "cap,speed,power,workers\n1,1,1,0\n"), UsageError);
  EXPECT_THROW(parse_cap_curve("c.csv", "cap,speed,power\n1,3.5,1\n"), UsageError);
}

}  // namespace
}  // namespace greentrain
