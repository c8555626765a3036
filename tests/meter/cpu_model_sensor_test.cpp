#include "meter/cpu_model_sensor.h"

#include <gtest/gtest.h>

#include "tests/fakes/fake_proc.h"
#include "tests/fakes/manual_clock.h"

namespace greentrain {
namespace {

class CpuModelTest : public testing::Test {
 protected:
  CpuPowerRange range_{Watts{2}, Watts{125}, Watts{100}, "a table", {}};
  ManualClock clock_;
  FakeProc proc_;
  CpuModelSensor sensor_{range_, proc_.root() / "stat", clock_};
};

TEST_F(CpuModelTest, gives_an_interval_from_idle_to_full_power_with_the_model_inside) {
  sensor_.read();
  clock_.advance(Seconds(10));
  proc_.set_ticks(1000, 1000);
  const Reading reading = sensor_.read();
  EXPECT_EQ(reading.status, ReadStatus::Ok);
  EXPECT_DOUBLE_EQ(reading.lo.value, 20);
  EXPECT_DOUBLE_EQ(reading.hi.value, 1250);
  EXPECT_DOUBLE_EQ(reading.joules.value, 212.5);  // Half load.
  EXPECT_EQ(sensor_.info().quality, Quality::Estimated);
}

TEST_F(CpuModelTest, goes_with_the_load_of_each_interval) {
  proc_.set_ticks(500, 500);
  sensor_.read();
  clock_.advance(Seconds(1));
  proc_.set_ticks(600, 500);
  EXPECT_DOUBLE_EQ(sensor_.read().joules.value, 100);
  clock_.advance(Seconds(1));
  proc_.set_ticks(600, 600);
  EXPECT_DOUBLE_EQ(sensor_.read().joules.value, 110);
}

TEST_F(CpuModelTest, counts_time_that_the_hypervisor_took_as_not_busy) {
  sensor_.read();
  clock_.advance(Seconds(1));
  proc_.tree().write("stat", "cpu 50 0 0 0 0 0 0 50 0 0");
  EXPECT_DOUBLE_EQ(sensor_.read().joules.value, 21.25);
}

TEST_F(CpuModelTest, keeps_the_last_load_between_two_ticks) {
  sensor_.read();
  clock_.advance(Seconds(1));
  proc_.set_ticks(100, 0);
  sensor_.read();
  clock_.advance(Seconds(0.005));
  const Reading reading = sensor_.read();
  EXPECT_EQ(reading.status, ReadStatus::Ok);
  EXPECT_DOUBLE_EQ(reading.joules.value, 100.5);
}

TEST_F(CpuModelTest, loses_readings_while_the_times_stand_still_and_bounds_them_later) {
  sensor_.read();
  clock_.advance(Seconds(5));
  EXPECT_EQ(sensor_.read().status, ReadStatus::Lost);
  clock_.advance(Seconds(5));
  proc_.set_ticks(0, 1000);
  const Reading reading = sensor_.read();
  EXPECT_EQ(reading.status, ReadStatus::Ok);
  EXPECT_DOUBLE_EQ(reading.lo.value, 20);
  EXPECT_DOUBLE_EQ(reading.hi.value, 1250);
}

TEST_F(CpuModelTest, loses_a_reading_when_the_times_run_backwards) {
  proc_.set_ticks(500, 500);
  sensor_.read();
  clock_.advance(Seconds(1));
  proc_.set_ticks(10, 10);
  EXPECT_EQ(sensor_.read().status, ReadStatus::Lost);
  clock_.advance(Seconds(1));
  proc_.set_ticks(110, 10);
  const Reading reading = sensor_.read();
  EXPECT_EQ(reading.status, ReadStatus::Ok);
  EXPECT_DOUBLE_EQ(reading.hi.value, 250);  // Of both seconds.
}

TEST_F(CpuModelTest, loses_a_reading_of_a_file_that_is_missing_or_not_stat) {
  for (const char* text : {"", "cpu 1 2", "intr 1 2 3 4 5 6 7 8"}) {
    proc_.tree().write("stat", text);
    EXPECT_EQ(sensor_.read().status, ReadStatus::Lost) << text;
  }
  proc_.tree().remove("stat");
  EXPECT_EQ(sensor_.read().status, ReadStatus::Lost);
}

}  // namespace
}  // namespace greentrain
