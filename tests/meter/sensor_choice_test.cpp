#include "meter/sensor_choice.h"

#include <gmock/gmock.h>

#include "tests/fakes/manual_clock.h"
#include "tests/fakes/scripted_sensor.h"

namespace greentrain {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

SensorInfo with_parts(const std::string& id, std::vector<std::string> parts) {
  SensorInfo info = scripted_info(id);
  info.parts = std::move(parts);
  return info;
}

TEST(Overlap, is_by_part_and_by_kind_of_part) {
  const SensorInfo first = with_parts("a", {"package:0"});
  EXPECT_TRUE(overlap(first, with_parts("b", {"dram:0", "package:0"})));
  EXPECT_FALSE(overlap(first, with_parts("b", {"package:1"})));
  EXPECT_TRUE(overlap(first, with_parts("b", {"package:*"})));
  EXPECT_TRUE(overlap(with_parts("b", {"package:*"}), first));
  EXPECT_FALSE(overlap(first, with_parts("b", {"dram:*"})));
  EXPECT_TRUE(overlap(first, with_parts("b", {"*"})));
  EXPECT_FALSE(overlap(first, with_parts("b", {})));
  EXPECT_TRUE(overlap(first, with_parts("b", {"package:0-die-1"})));
  EXPECT_TRUE(overlap(with_parts("b", {"package:0-die-1"}), first));
  EXPECT_FALSE(overlap(with_parts("b", {"package:0-die-1"}), with_parts("c", {"package:0-die-0"})));
}

class SensorChoiceTest : public testing::Test {
 protected:
  SensorChoice choose(const std::vector<SensorInfo>& infos) {
    std::vector<std::unique_ptr<EnergySensor>> sensors;
    for (const SensorInfo& info : infos) {
      sensors.push_back(
          std::make_unique<ScriptedSensor>(info, clock_, [](Seconds) { return Joules{}; }));
    }
    return choose_sensors(std::move(sensors));
  }
  static std::vector<std::string> ids(const SensorChoice& choice) {
    std::vector<std::string> list;
    for (const auto& sensor : choice.taken) list.push_back(sensor->info().id);
    return list;
  }
  ManualClock clock_;
};

TEST_F(SensorChoiceTest, takes_what_does_not_overlap_best_first) {
  const SensorChoice choice =
      choose({with_parts("package-0", {"package:0"}), with_parts("dram-0", {"dram:0"}),
              with_parts("psys", {"package:*", "dram:*", "platform"}),
              with_parts("core-of-0", {"package:0"}), with_parts("gpu", {"gpu:1"})});
  EXPECT_THAT(ids(choice), ElementsAre("package-0", "dram-0", "gpu"));
  EXPECT_THAT(choice.left_out, ElementsAre("psys: contains what package-0 measures",
                                           "core-of-0: lies inside package-0"));
}

TEST_F(SensorChoiceTest, leaves_nothing_that_could_be_added) {
  const std::vector<SensorInfo> all{with_parts("outer", {"package:*"}),
                                    with_parts("inner", {"package:0"}),
                                    with_parts("apart", {"dram:0"})};
  EXPECT_THAT(ids(choose(all)), ElementsAre("outer", "apart"));
  EXPECT_THAT(ids(choose({all[1], all[0], all[2]})), ElementsAre("inner", "apart"));
}

TEST_F(SensorChoiceTest, may_have_nothing_to_choose_from) {
  EXPECT_THAT(ids(choose({})), IsEmpty());
}

}  // namespace
}  // namespace greentrain
