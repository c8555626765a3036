#include "core/format.h"

#include <cmath>

#include <gmock/gmock.h>

namespace greentrain {
namespace {

TEST(Format, numbers_have_three_significant_digits) {
  EXPECT_EQ(format_number(0), "0");
  EXPECT_EQ(format_number(0.0264), "0.0264");
  EXPECT_EQ(format_number(0.41), "0.410");
  EXPECT_EQ(format_number(9.996), "10.0");
  EXPECT_EQ(format_number(-412.4), "-412");
  EXPECT_EQ(format_number(12345), "12300");
  EXPECT_EQ(format_number(1.2e-7), "1.20e-07");
  EXPECT_EQ(format_number(1.2e12), "1.20e+12");
}

TEST(Format, what_is_not_finite_is_never_written_as_a_number) {
  EXPECT_EQ(format_number(NAN), "nan");
  EXPECT_EQ(format_number(-INFINITY), "-inf");
  EXPECT_EQ(format_joules(Joules{NAN}), "nan J");
  EXPECT_EQ(format_duration(Seconds{INFINITY}), "inf s");
}

TEST(Format, energy_takes_the_unit_that_keeps_it_short) {
  EXPECT_EQ(format_joules({0}), "0 J");
  EXPECT_EQ(format_joules({3e-9}), "0.00300 uJ");
  EXPECT_EQ(format_joules({0.0264}), "26.4 mJ");
  EXPECT_EQ(format_joules({412}), "412 J");
  EXPECT_EQ(format_joules({999.7}), "1.00 kJ");
  EXPECT_EQ(format_joules({61234}), "61.2 kJ");
  EXPECT_EQ(format_joules({3.5e6}), "3.50 MJ");
  EXPECT_EQ(format_joules({3.672e6}), "1.02 kWh");
  EXPECT_EQ(format_joules({3.6e13}), "10.0 GWh");
}

TEST(Format, power_and_mass_do_too) {
  EXPECT_EQ(format_watts({214.4}), "214 W");
  EXPECT_EQ(format_watts({1200}), "1.20 kW");
  EXPECT_EQ(format_grams({0.00641}), "6.41 mg");
  EXPECT_EQ(format_grams({56}), "56.0 g");
  EXPECT_EQ(format_grams({3.4e6}), "3.40 t");
}

TEST(Format, both_ends_of_an_interval_share_a_unit) {
  EXPECT_EQ(format_interval(Joules{103.2}, Joules{654.9}), "103 to 655 J");
  EXPECT_EQ(format_interval(Joules{0}, Joules{1500}), "0 to 1.50 kJ");
  EXPECT_EQ(format_interval(Joules{0}, Joules{0}), "0 to 0 J");
  EXPECT_EQ(format_interval(Grams{0.0016}, Grams{0.0102}), "1.60 to 10.2 mg");
}

TEST(Format, ends_far_apart_have_a_unit_each) {
  EXPECT_EQ(format_interval(Joules{2.53}, Joules{1340}), "2.53 J to 1.34 kJ");
  EXPECT_EQ(format_interval(Joules{0.0217}, Joules{11.5}), "21.7 mJ to 11.5 J");
  EXPECT_EQ(format_interval(Grams{2.86e-6}, Grams{0.00152}), "2.86 ug to 1.52 mg");
}

TEST(Format, shares_are_per_cent) {
  EXPECT_EQ(format_percent(0.978), "97.8 %");
  EXPECT_EQ(format_percent(1), "100 %");
  EXPECT_EQ(format_percent(0.0004), "0.0400 %");
}

TEST(Format, durations_change_their_unit_where_they_round_up_to_it) {
  EXPECT_EQ(format_duration(Seconds{0.87}), "870 ms");
  EXPECT_EQ(format_duration(Seconds{0.9996}), "1.00 s");
  EXPECT_EQ(format_duration(Seconds{3.42}), "3.42 s");
  EXPECT_EQ(format_duration(Seconds{59.97}), "1m00s");
  EXPECT_EQ(format_duration(Seconds{250}), "4m10s");
  EXPECT_EQ(format_duration(Seconds{3599.6}), "1h00m");
  EXPECT_EQ(format_duration(Seconds{7500}), "2h05m");
  EXPECT_EQ(format_duration(Seconds{86399}), "1d00h");
  EXPECT_EQ(format_duration(Seconds{273600}), "3d04h");
}

}  // namespace
}  // namespace greentrain
