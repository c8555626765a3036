#include "meter/rapl_sensor.h"

#include <gmock/gmock.h>

#include "meter/sensor_choice.h"
#include "tests/fakes/fake_powercap.h"
#include "tests/fakes/manual_clock.h"

namespace greentrain {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class RaplTest : public testing::Test {
 protected:
  RaplZones open() { return open_rapl_zones(powercap_.root(), clock_); }

  static std::vector<std::string> ids(const RaplZones& zones) {
    std::vector<std::string> list;
    for (const auto& sensor : zones.sensors) list.push_back(sensor->info().id);
    return list;
  }

  ManualClock clock_;
  FakePowercap powercap_;
};

TEST_F(RaplTest, sums_packages_and_dram_and_nothing_that_overlaps) {
  powercap_.write("intel-rapl/enabled", "1");
  powercap_.add("intel-rapl:0", "package-0", Joules{100});
  powercap_.add("intel-rapl:0:0", "core", Joules{50});
  powercap_.add("intel-rapl:0:1", "uncore", Joules{5});
  powercap_.add("intel-rapl:0:2", "dram", Joules{20});
  powercap_.add("intel-rapl:1", "package-1", Joules{300});
  powercap_.add("intel-rapl:1:0", "dram", Joules{30});
  powercap_.add("intel-rapl:2", "psys", Joules{999});
  powercap_.add("intel-rapl-mmio:0", "package-0", Joules{100});
  const RaplZones zones = open();
  EXPECT_THAT(ids(zones), ElementsAre("rapl:package-0", "rapl:package-0/dram", "rapl:package-1",
                                      "rapl:package-1/dram"));
  EXPECT_THAT(zones.problems, IsEmpty());
  EXPECT_THAT(zones.left_out, ElementsAre("intel-rapl-mmio:0: repeats intel-rapl:0",
                                          "rapl:package-0/core: lies inside rapl:package-0",
                                          "rapl:package-0/uncore: lies inside rapl:package-0"));
  ASSERT_EQ(zones.platform.size(), 1u);
  EXPECT_EQ(zones.platform[0]->info().id, "rapl:psys");
  for (const auto& sensor : zones.sensors) {
    EXPECT_TRUE(overlap(sensor->info(), zones.platform[0]->info())) << sensor->info().id;
  }
}

TEST_F(RaplTest, takes_packages_that_only_memory_mapped_registers_show) {
  powercap_.add("intel-rapl-mmio:0", "package-0", Joules{100});
  EXPECT_THAT(ids(open()), ElementsAre("rapl:package-0"));
}

TEST_F(RaplTest, reads_a_name_that_the_kernel_ends_with_a_newline_or_not) {
  powercap_.add("intel-rapl:0", "package-0", Joules{1});
  powercap_.write("intel-rapl:0/name", "package-0\n\n");
  EXPECT_THAT(ids(open()), ElementsAre("rapl:package-0"));
}

TEST_F(RaplTest, goes_by_name_whatever_the_number_of_the_zone) {
  powercap_.add("intel-rapl:0", "psys", Joules{1});
  powercap_.add("intel-rapl:1", "package-0", Joules{2});
  powercap_.add("intel-rapl:1:0", "dram", Joules{3});
  EXPECT_THAT(ids(open()), ElementsAre("rapl:package-0", "rapl:package-0/dram"));
}

TEST_F(RaplTest, reads_joules_since_the_first_reading) {
  powercap_.add("intel-rapl:0", "package-0", Joules{5000});
  const RaplZones zones = open();
  EnergySensor& package = *zones.sensors.at(0);
  EXPECT_EQ(package.read().joules, Joules{0});
  clock_.advance(Seconds(2));
  powercap_.set("intel-rapl:0", Joules{5090});
  const Reading reading = package.read();
  EXPECT_EQ(reading.status, ReadStatus::Ok);
  EXPECT_NEAR(reading.joules.value, 90, 1e-6);
  EXPECT_EQ(reading.lo, reading.hi);
  EXPECT_EQ(package.info().quality, Quality::Measured);
}

TEST_F(RaplTest, unwraps_at_the_range_of_the_zone) {
  powercap_.add("intel-rapl:0", "package-0", Joules{262100});
  const RaplZones zones = open();
  zones.sensors.at(0)->read();
  clock_.advance(Seconds(1));
  powercap_.set("intel-rapl:0", Joules{10});
  EXPECT_NEAR(zones.sensors.at(0)->read().joules.value, 53.32885, 1e-5);
}

TEST_F(RaplTest, widens_after_a_reset_instead_of_adding_the_range) {
  powercap_.add("intel-rapl:0", "package-0", Joules{100000});
  const RaplZones zones = open();
  zones.sensors.at(0)->read();
  clock_.advance(Seconds(1));
  powercap_.set("intel-rapl:0", Joules{10});
  const Reading reading = zones.sensors.at(0)->read();
  EXPECT_NEAR(reading.lo.value, 10, 1e-6);
  EXPECT_NEAR(reading.hi.value, 1001, 1e-6);  // 1000 W for a second and one update.
  EXPECT_EQ(reading.unseen, Seconds(1));
}

TEST_F(RaplTest, loses_a_reading_that_is_missing_malformed_or_beyond_the_range) {
  powercap_.add("intel-rapl:0", "package-0", Joules{100});
  const RaplZones zones = open();
  EnergySensor& package = *zones.sensors.at(0);
  package.read();
  for (const char* text : {"", "-5", "12x", "99999999999999999999999", "300000000000"}) {
    powercap_.write("intel-rapl:0/energy_uj", text);
    EXPECT_EQ(package.read().status, ReadStatus::Lost) << text;
  }
  powercap_.remove("intel-rapl:0/energy_uj");
  EXPECT_EQ(package.read().status, ReadStatus::Lost);
  clock_.advance(Seconds(3));
  powercap_.set("intel-rapl:0", Joules{160});
  EXPECT_NEAR(package.read().joules.value, 60, 1e-6);  // The counter went on meanwhile.
}

TEST_F(RaplTest, loses_the_readings_of_a_counter_that_stands_still) {
  powercap_.add("intel-rapl:0", "package-0", Joules{100});
  const RaplZones zones = open();
  zones.sensors.at(0)->read();
  clock_.advance(Seconds(1));
  EXPECT_EQ(zones.sensors.at(0)->read().status, ReadStatus::Lost);
}

TEST_F(RaplTest, says_how_to_make_an_unreadable_counter_readable) {
  powercap_.add("intel-rapl:0", "package-0", Joules{100});
  powercap_.forbid("intel-rapl:0");
  const RaplZones zones = open();
  EXPECT_THAT(zones.sensors, IsEmpty());
  EXPECT_THAT(zones.problems, ElementsAre(HasSubstr("intel-rapl:0/energy_uj cannot be read")));
  EXPECT_THAT(zones.problems, ElementsAre(HasSubstr("chmod g+r")));
}

TEST_F(RaplTest, measures_nothing_rather_than_half_of_the_packages) {
  powercap_.add("intel-rapl:0", "package-0", Joules{100});
  powercap_.add("intel-rapl:1", "package-1", Joules{200});
  powercap_.add("intel-rapl:0:0", "dram", Joules{10});
  powercap_.forbid("intel-rapl:1");
  const RaplZones zones = open();
  EXPECT_THAT(zones.sensors, IsEmpty());
}

TEST_F(RaplTest, goes_on_without_dram_that_cannot_be_read) {
  powercap_.add("intel-rapl:0", "package-0", Joules{100});
  powercap_.add("intel-rapl:0:0", "dram", Joules{10});
  powercap_.forbid("intel-rapl:0:0");
  const RaplZones zones = open();
  EXPECT_THAT(ids(zones), ElementsAre("rapl:package-0"));
  EXPECT_THAT(zones.problems, ElementsAre(HasSubstr("intel-rapl:0:0/energy_uj cannot be read")));
}

TEST_F(RaplTest, counts_a_counter_that_two_zones_show_once) {
  powercap_.add("intel-rapl:0", "package-0-die-0", Joules{68000});
  powercap_.add("intel-rapl:1", "package-0-die-1", Joules{68000.2});
  const RaplZones zones = open();
  EXPECT_THAT(ids(zones), ElementsAre("rapl:package-0-die-0"));
  EXPECT_THAT(zones.problems, ElementsAre(HasSubstr("counter of another package")));
}

TEST_F(RaplTest, says_that_there_is_no_zone) {
  EXPECT_THAT(open().problems, ElementsAre(HasSubstr("no zone named package-*")));
  EXPECT_THAT(open_rapl_zones(powercap_.root() / "missing", clock_).problems,
              ElementsAre(HasSubstr("no zone named package-*")));
}

}  // namespace
}  // namespace greentrain
