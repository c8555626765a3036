#include "meter/hwmon_sensor.h"

#include <gmock/gmock.h>

#include "tests/fakes/fake_tree.h"
#include "tests/fakes/manual_clock.h"

namespace greentrain {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class HwmonTest : public testing::Test {
 protected:
  HwmonSensors open() { return open_hwmon_sensors(tree_.root(), clock_); }

  void amd(int number, const std::string& label, const std::string& microjoules) {
    tree_.write("hwmon1/name", "amd_energy");
    const std::string prefix = "hwmon1/energy" + std::to_string(number);
    tree_.write(prefix + "_label", label);
    tree_.write(prefix + "_input", microjoules);
  }
  void meter(const std::string& chip, const std::string& label, const std::string& microwatts) {
    tree_.write(chip + "/device/name", "power_meter");
    tree_.write(chip + "/device/power1_average", microwatts);
    tree_.write(chip + "/device/power1_average_interval", "1000");
    if (!label.empty()) tree_.write(chip + "/device/power1_oem_info", label);
  }
  static std::vector<std::string> ids(const std::vector<std::unique_ptr<EnergySensor>>& sensors) {
    std::vector<std::string> list;
    for (const auto& sensor : sensors) list.push_back(sensor->info().id);
    return list;
  }

  ManualClock clock_;
  FakeTree tree_;
};

TEST_F(HwmonTest, counts_the_sockets_of_amd_energy_and_not_their_cores) {
  amd(1, "Ecore000", "5");
  amd(2, "Ecore001", "5");
  amd(3, "Esocket0", "1000000000");
  amd(4, "Esocket1", "1000000");
  const HwmonSensors hwmon = open();
  EXPECT_THAT(ids(hwmon.sockets), ElementsAre("hwmon:package-0", "hwmon:package-1"));
  EXPECT_THAT(hwmon.left_out, ElementsAre("hwmon: 2 cores lie inside the sockets"));
  EXPECT_THAT(hwmon.sockets[0]->info().parts, ElementsAre("package:package-0"));
  hwmon.sockets[0]->read();
  clock_.advance(Seconds(2));
  amd(3, "Esocket0", "1120000000");
  EXPECT_NEAR(hwmon.sockets[0]->read().joules.value, 120, 1e-9);
}

TEST_F(HwmonTest, measures_nothing_rather_than_half_of_the_sockets) {
  amd(1, "Esocket0", "1");
  amd(2, "Esocket1", "nonsense");
  const HwmonSensors hwmon = open();
  EXPECT_THAT(hwmon.sockets, IsEmpty());
  EXPECT_THAT(hwmon.problems, ElementsAre(HasSubstr("chmod g+r")));
}

TEST_F(HwmonTest, adds_up_the_mean_power_of_a_machine) {
  meter("hwmon0", "", "200000000");
  const HwmonSensors hwmon = open();
  ASSERT_THAT(ids(hwmon.machine), ElementsAre("hwmon:machine/hwmon0"));
  EnergySensor& machine = *hwmon.machine[0];
  EXPECT_EQ(machine.info().quality, Quality::Integrated);
  EXPECT_THAT(machine.info().parts, ElementsAre("*"));
  machine.read();
  clock_.advance(Seconds(4));
  const Reading reading = machine.read();
  EXPECT_NEAR(reading.joules.value, 800, 1e-6);
  EXPECT_NEAR(reading.lo.value, 200, 1e-6);  // One second of four is accounted for.
  EXPECT_GT(reading.hi, Joules{800});
}

TEST_F(HwmonTest, tells_the_parts_of_grace_apart) {
  meter("hwmon1", "Module Power Socket 0", "600000000");
  meter("hwmon2", "Grace Power Socket 0", "200000000");
  meter("hwmon3", "CPU Power Socket 0", "150000000");
  meter("hwmon4", "SysIO Power Socket 0", "50000000");
  const HwmonSensors hwmon = open();
  EXPECT_THAT(ids(hwmon.modules), ElementsAre("hwmon:module 0", "hwmon:Grace CPU 0"));
  EXPECT_THAT(hwmon.modules[0]->info().parts, ElementsAre("grace:0", "gpu-of-module:0"));
  EXPECT_THAT(hwmon.modules[1]->info().parts, ElementsAre("grace:0"));
  EXPECT_THAT(hwmon.left_out,
              ElementsAre("hwmon:CPU Power Socket 0: lies inside Grace Power Socket 0",
                          "hwmon:SysIO Power Socket 0: lies inside Grace Power Socket 0"));
}

TEST_F(HwmonTest, takes_the_accuracy_that_a_meter_states) {
  meter("hwmon0", "", "1");
  tree_.write("hwmon0/device/power1_accuracy", "98.0%");
  EXPECT_NEAR(open().machine.at(0)->info().accuracy, 0.02, 1e-9);
}

TEST_F(HwmonTest, loses_readings_that_are_missing_or_impossible) {
  meter("hwmon0", "", "200000000");
  const HwmonSensors hwmon = open();
  for (const char* text : {"", "-5", "1000000000000000"}) {
    tree_.write("hwmon0/device/power1_average", text);
    EXPECT_EQ(hwmon.machine.at(0)->read().status, ReadStatus::Lost) << text;
  }
}

TEST_F(HwmonTest, passes_over_other_chips) {
  tree_.write("hwmon0/name", "coretemp");
  EXPECT_THAT(open().absent, ElementsAre(HasSubstr("no amd_energy and no power_meter")));
}

}  // namespace
}  // namespace greentrain
