#include "meter/perf_energy.h"

#include <map>

#include <gmock/gmock.h>

#include "tests/fakes/fake_tree.h"
#include "tests/fakes/manual_clock.h"

namespace greentrain {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class FakePerfEvent final : public PerfEvent {
 public:
  explicit FakePerfEvent(const double& value) : value_(value) {}
  std::optional<double> count() override { return value_; }

 private:
  const double& value_;
};

/// A /sys with the unit "power" as the kernel shows it, and events by config and CPU.
class PerfTest : public testing::Test {
 protected:
  PerfTest() {
    write("type", "9");
    write("cpumask", "0,4");
    write_event("energy-pkg", "event=0x02");
    cpu(0, "0");
    cpu(4, "1");
  }
  void write(const std::string& file, const std::string& text) {
    sys_.write("bus/event_source/devices/power/" + file, text);
  }
  void write_event(const std::string& name, const std::string& config) {
    write("events/" + name, config);
    write("events/" + name + ".scale", "2.3283064365386962890625e-10");
    write("events/" + name + ".unit", "Joules");
  }
  void cpu(int number, const std::string& package) {
    sys_.write("devices/system/cpu/cpu" + std::to_string(number) + "/topology/physical_package_id",
               package);
  }
  void die(int cpu_number, const std::string& id) {
    sys_.write("devices/system/cpu/cpu" + std::to_string(cpu_number) + "/topology/die_id", id);
  }
  PerfEnergy open(bool amd = false) {
    const PerfOpener opener = [this](unsigned int type, unsigned long config, int cpu_number) {
      EXPECT_EQ(type, 9u);
      const bool refused = refused_.count(config) > 0;
      return refused ? nullptr : std::make_unique<FakePerfEvent>(counts_[{config, cpu_number}]);
    };
    return open_perf_energy(sys_.root(), amd, opener, clock_);
  }
  static std::vector<std::string> ids(const PerfEnergy& energy) {
    std::vector<std::string> list;
    for (const auto& sensor : energy.sensors) list.push_back(sensor->info().id);
    return list;
  }

  ManualClock clock_;
  FakeTree sys_;
  std::map<std::pair<unsigned long, int>, double> counts_;
  std::map<unsigned long, bool> refused_;
};

TEST_F(PerfTest, opens_each_package_and_its_dram_once) {
  write_event("energy-ram", "event=0x03");
  write_event("energy-cores", "event=0x01");
  const PerfEnergy energy = open();
  EXPECT_THAT(ids(energy), ElementsAre("perf:package-0", "perf:package-1", "perf:package-0/dram",
                                       "perf:package-1/dram"));
  EXPECT_THAT(energy.sensors[0]->info().parts, ElementsAre("package:package-0"));
  EXPECT_THAT(energy.problems, IsEmpty());
}

TEST_F(PerfTest, scales_counts_to_joules) {
  const PerfEnergy energy = open();
  energy.sensors.at(1)->read();
  clock_.advance(Seconds(2));
  counts_[{2, 4}] = 100 * 4294967296.0;
  EXPECT_NEAR(energy.sensors.at(1)->read().joules.value, 100, 1e-9);
}

TEST_F(PerfTest, keeps_two_dies_of_a_package_apart) {
  cpu(4, "0");
  die(0, "0");
  die(4, "1");
  EXPECT_THAT(ids(open()), ElementsAre("perf:package-0-die-0", "perf:package-0-die-1"));
}

TEST_F(PerfTest, counts_one_die_of_a_package_of_amd_each_of_which_shows_all_of_it) {
  cpu(4, "0");
  const PerfEnergy energy = open(/*amd=*/true);
  EXPECT_THAT(ids(energy), ElementsAre("perf:package-0"));
  EXPECT_THAT(energy.sensors[0]->info().parts, ElementsAre("package:package-0"));
}

TEST_F(PerfTest, says_how_to_be_allowed_to_count) {
  refused_[2] = true;
  const PerfEnergy energy = open();
  EXPECT_THAT(energy.sensors, IsEmpty());
  EXPECT_THAT(energy.problems, ElementsAre(HasSubstr("perf_event_paranoid")));
}

TEST_F(PerfTest, goes_on_without_dram_that_is_refused) {
  write_event("energy-ram", "event=0x03");
  refused_[3] = true;
  const PerfEnergy energy = open();
  EXPECT_THAT(ids(energy), ElementsAre("perf:package-0", "perf:package-1"));
  EXPECT_THAT(energy.problems, ElementsAre(HasSubstr("energy-ram")));
}

TEST_F(PerfTest, takes_no_event_of_another_unit_or_without_a_scale) {
  write("events/energy-pkg.unit", "Furlongs");
  EXPECT_THAT(open().sensors, IsEmpty());
  write_event("energy-pkg", "event=0x02");
  write("events/energy-pkg.scale", "nonsense");
  EXPECT_THAT(open().sensors, IsEmpty());
}

TEST_F(PerfTest, says_that_the_machine_has_no_such_unit) {
  sys_.remove("bus");
  EXPECT_THAT(open().problems, IsEmpty());
  EXPECT_THAT(open().absent, ElementsAre(HasSubstr("no perf unit")));
}

}  // namespace
}  // namespace greentrain
