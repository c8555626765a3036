#include "meter/calibration.h"

#include <fstream>

#include <gmock/gmock.h>

#include "core/error.h"
#include "tests/fakes/fake_tree.h"

namespace greentrain {
namespace {

using testing::HasSubstr;

EnergyComponent part(const std::string& sensor, double joules, double lo, double hi) {
  EnergyComponent component;
  component.sensor = sensor;
  component.energy = {Joules{joules}, Joules{lo}, Joules{hi}, 1, Quality::Measured};
  return component;
}

EnergyReport report(const std::vector<EnergyComponent>& parts) {
  EnergyReport made;
  made.components = parts;
  return made;
}

Calibration calibrated() {
  Calibration calibration;
  calibration.date = "2026-11-20T12:00:00Z";
  calibration.idle["a"] = {Watts{10}, Watts{9}, Watts{11}};
  calibration.idle["b"] = {Watts{1}, Watts{1}, Watts{1}};
  return calibration;
}

TEST(AboveIdle, takes_the_widest_of_both_measurements) {
  const auto above = above_idle(report({part("a", 150, 140, 160)}), Seconds(10), calibrated());
  ASSERT_TRUE(above);
  EXPECT_DOUBLE_EQ(above->joules.value, 50);
  EXPECT_DOUBLE_EQ(above->lo.value, 140 - 110);
  EXPECT_DOUBLE_EQ(above->hi.value, 160 - 90);
  EXPECT_EQ(above->quality, Quality::Estimated);
}

TEST(AboveIdle, is_never_below_zero) {
  const auto above = above_idle(report({part("a", 50, 40, 60)}), Seconds(10), calibrated());
  EXPECT_EQ(above->lo, Joules{});
  EXPECT_EQ(above->joules, Joules{});
  EXPECT_EQ(above->hi, Joules{});
}

TEST(AboveIdle, is_unknown_where_a_part_was_not_calibrated) {
  const EnergyReport with_new = report({part("a", 1, 1, 1), part("new", 1, 1, 1)});
  EXPECT_FALSE(above_idle(with_new, Seconds(1), calibrated()));
  EXPECT_FALSE(above_idle(report({}), Seconds(1), calibrated()));
}

TEST(MeanPower, leaves_out_what_was_not_measured) {
  EnergyComponent dead = part("dead", 0, 0, 0);
  dead.energy.quality = Quality::Unmeasured;
  const auto power = mean_power(report({part("a", 100, 90, 120), dead}), Seconds(10));
  ASSERT_EQ(power.size(), 1u);
  EXPECT_EQ(power.at("a").watts, Watts{10});
  EXPECT_EQ(power.at("a").lo, Watts{9});
  EXPECT_EQ(power.at("a").hi, Watts{12});
}

TEST(CalibrationFile, keeps_each_machine_apart) {
  const FakeTree tree;
  const auto file = tree.root() / "state/calibration.json";
  EXPECT_FALSE(load_calibration(file, "node0"));
  Calibration other = calibrated();
  other.wall_ratio = 1.25;
  save_calibration(file, "node0", calibrated());
  save_calibration(file, "node1", other);
  EXPECT_EQ(load_calibration(file, "node0")->idle.at("a").hi, Watts{11});
  EXPECT_FALSE(load_calibration(file, "node0")->wall_ratio);
  EXPECT_EQ(load_calibration(file, "node1")->wall_ratio, 1.25);
  EXPECT_FALSE(load_calibration(file, "node2"));
}

TEST(CalibrationFile, names_a_file_that_is_damaged) {
  const FakeTree tree;
  for (const char* text : {"{", "[]", R"({"node0": {}})", R"({"node0": {"date": 5}})"}) {
    tree.write("calibration.json", text);
    try {
      load_calibration(tree.root() / "calibration.json", "node0");
      ADD_FAILURE() << "took " << text;
    } catch (const UsageError& error) {
      EXPECT_THAT(error.what(), HasSubstr("calibration.json is damaged"));
    }
  }
}

TEST(CalibrationFile, lies_in_the_users_state) {
  const auto in = [](std::map<std::string, std::string> variables) {
    return calibration_file([variables](const std::string& name) -> std::optional<std::string> {
      const auto found = variables.find(name);
      return found == variables.end() ? std::nullopt : std::optional(found->second);
    });
  };
  EXPECT_EQ(in({{"XDG_STATE_HOME", "/s"}, {"HOME", "/h"}}), "/s/greentrain/calibration.json");
  EXPECT_EQ(in({{"HOME", "/h"}}), "/h/.local/state/greentrain/calibration.json");
  EXPECT_EQ(in({}), std::nullopt);
}

}  // namespace
}  // namespace greentrain
