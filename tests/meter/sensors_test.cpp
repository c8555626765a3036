#include "meter/sensors.h"

#include <map>
#include <thread>

#include <gmock/gmock.h>

#include "core/error.h"
#include "meter/small_file.h"
#include "tests/fakes/fake_gpus.h"
#include "tests/fakes/fake_powercap.h"
#include "tests/fakes/fake_proc.h"
#include "tests/fakes/manual_clock.h"

namespace greentrain {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class SensorsTest : public testing::Test {
 protected:
  SensorsTest() { proc_.set_cpu("AMD EPYC 7742 64-Core Processor", 4, 1, true, false); }

  SensorSet make(const std::vector<std::string>& names) {
    MeterOptions options;
    options.sensors = names;
    return make_sensors(
        options, clock_,
        {powercap_.sys().root(), proc_.root(), dev_.root(), nvml_, perf_, "", nvml_patience_});
  }
  std::string refusal(const std::vector<std::string>& names) {
    try {
      make(names);
    } catch (const UsageError& error) {
      return error.what();
    }
    return "no error";
  }
  static std::vector<std::string> ids(const SensorSet& set) {
    std::vector<std::string> list;
    for (const auto& sensor : set.sensors) list.push_back(sensor->info().id);
    return list;
  }

  /// The unit "power" of perf, with CPUs and the die of package 0 that each is on.
  void add_perf(const std::map<int, int>& die_of_cpu) {
    const FakeTree& sys = powercap_.sys();
    const std::string unit = "bus/event_source/devices/power/";
    std::string mask;
    for (const auto& [cpu, die] : die_of_cpu) {
      const std::string topology = "devices/system/cpu/cpu" + std::to_string(cpu) + "/topology/";
      sys.write(topology + "physical_package_id", "0");
      sys.write(topology + "die_id", std::to_string(die));
      mask += (mask.empty() ? "" : ",") + std::to_string(cpu);
    }
    sys.write(unit + "type", "9");
    sys.write(unit + "cpumask", mask);
    sys.write(unit + "events/energy-pkg", "event=0x02");
    sys.write(unit + "events/energy-pkg.scale", "1e-9");
    sys.write(unit + "events/energy-pkg.unit", "Joules");
    class Zero final : public PerfEvent {
      std::optional<double> count() override { return 0; }
    };
    perf_ = [](unsigned int, unsigned long, int) { return std::make_unique<Zero>(); };
  }

  ManualClock clock_;
  FakePowercap powercap_;
  FakeProc proc_;
  FakeTree dev_;
  std::string nvml_;
  std::chrono::milliseconds nvml_patience_{20000};
  PerfOpener perf_{[](unsigned int, unsigned long, int) { return nullptr; }};
};

TEST_F(SensorsTest, takes_counters_where_they_deliver) {
  powercap_.add("intel-rapl:0", "package-0", Joules{1});
  powercap_.add("intel-rapl:0:0", "dram", Joules{1});
  const SensorSet set = make({"auto"});
  EXPECT_THAT(ids(set), ElementsAre("rapl:package-0", "rapl:package-0/dram"));
  EXPECT_THAT(set.excludes,
              ElementsAre("main board", "disks", "network", "fans", "power supply losses"));
  EXPECT_THAT(set.notes, IsEmpty());
  EXPECT_NE(set.node, "");
}

TEST_F(SensorsTest, falls_back_to_the_model_and_says_why) {
  const SensorSet set = make({"auto"});
  EXPECT_THAT(ids(set), ElementsAre("model:cpu"));
  EXPECT_THAT(set.notes, Contains(HasSubstr("rapl: no zone named package-*")));
  EXPECT_THAT(set.excludes, Contains("DRAM"));
  EXPECT_THAT(set.excludes, Not(Contains("CPU")));
}

TEST_F(SensorsTest, tells_how_to_read_a_counter_that_it_may_not) {
  powercap_.add("intel-rapl:0", "package-0", Joules{1});
  powercap_.forbid("intel-rapl:0");
  const SensorSet set = make({"auto"});
  EXPECT_THAT(ids(set), ElementsAre("model:cpu"));
  EXPECT_THAT(set.notes, Contains(HasSubstr("chmod g+r")));
}

TEST_F(SensorsTest, passes_on_what_the_model_had_to_assume) {
  proc_.set_cpu("AMD EPYC", 2, 1, false, true);
  EXPECT_THAT(make({"model"}).notes, Contains(HasSubstr("not in the power table")));
}

TEST_F(SensorsTest, excludes_a_gpu_that_is_there) {
  EXPECT_THAT(make({"auto"}).excludes, Not(Contains("GPU")));
  dev_.write("nvidia0", "");
  EXPECT_THAT(make({"auto"}).excludes, Contains("GPU"));
  dev_.remove("nvidia0");
  proc_.tree().write("driver/nvidia/version", "NVRM");
  EXPECT_THAT(make({"auto"}).excludes, Contains("GPU"));
}

TEST_F(SensorsTest, measures_nothing_and_excludes_all_where_nothing_can_be_read) {
  proc_.tree().remove("stat");
  const SensorSet set = make({"auto"});
  EXPECT_THAT(set.sensors, IsEmpty());
  EXPECT_THAT(set.excludes, Contains("CPU"));
  EXPECT_THAT(set.notes, Contains(HasSubstr("model: cannot read")));
}

TEST_F(SensorsTest, may_be_asked_for_none) {
  const SensorSet set = make({});
  EXPECT_THAT(set.sensors, IsEmpty());
  EXPECT_THAT(set.excludes, Contains("CPU"));
}

TEST_F(SensorsTest, refuses_a_named_sensor_that_is_not_available) {
  EXPECT_THAT(refusal({"rapl"}), HasSubstr("rapl, which is not available: no zone named"));
  EXPECT_THAT(refusal({"rapl"}), HasSubstr("choose auto"));
  proc_.tree().remove("stat");
  EXPECT_THAT(refusal({"model"}), HasSubstr("cannot read"));
}

TEST_F(SensorsTest, refuses_names_that_are_unknown_or_count_the_cpu_twice) {
  powercap_.add("intel-rapl:0", "package-0", Joules{1});
  EXPECT_THAT(refusal({"rapid"}),
              HasSubstr("\"rapid\", expected auto, nvml, rapl, perf, hwmon or model"));
  EXPECT_THAT(refusal({"rapl", "model"}), HasSubstr("measures the same as rapl:package-0"));
  EXPECT_THAT(refusal({"auto", "model"}), HasSubstr("auto beside other names"));
}

TEST_F(SensorsTest, takes_gpus_beside_cpu_counters) {
  FakeGpus gpus(R"({"gpus": [{"count": 2, "uuid": ""}]})");
  nvml_ = gpus.library();
  powercap_.add("intel-rapl:0", "package-0", Joules{1});
  powercap_.add("intel-rapl:1", "psys", Joules{1});
  const SensorSet set = make({"auto"});
  EXPECT_THAT(ids(set),
              ElementsAre("nvml:GPU-00000000-0000-0000-0000-000000000000",
                          "nvml:GPU-00000000-0000-0000-0000-000000000001", "rapl:package-0"));
  EXPECT_THAT(set.left_out, ElementsAre("rapl:psys: contains what rapl:package-0 measures"));
  EXPECT_THAT(set.excludes, Not(Contains("GPU")));
  EXPECT_THAT(set.notes, IsEmpty());
}

TEST_F(SensorsTest, counts_the_cpu_of_a_module_once) {
  FakeGpus gpus(R"({"gpus": [{"module_scope": true, "cpu_w": 100}]})");
  nvml_ = gpus.library();
  const FakeTree& sys = powercap_.sys();
  for (const char* part : {"Module", "Grace", "CPU"}) {
    const std::string chip = std::string("class/hwmon/hwmon") + part[0] + "/device/";
    sys.write(chip + "name", "power_meter");
    sys.write(chip + "power1_average", "100000000");
    sys.write(chip + "power1_average_interval", "50");
    sys.write(chip + "power1_oem_info", std::string(part) + " Power Socket 0");
  }
  const SensorSet set = make({"auto"});
  EXPECT_THAT(ids(set), ElementsAre("nvml:GPU-00000000-0000-0000-0000-000000000000"));
  EXPECT_THAT(set.left_out, Contains(HasSubstr("hwmon:Grace CPU 0: lies inside nvml:GPU-")));
  EXPECT_THAT(set.left_out, Contains(HasSubstr("hwmon:module 0: contains what nvml:GPU-")));
  EXPECT_THAT(set.excludes, Not(Contains("CPU")));
}

TEST_F(SensorsTest, counts_dies_once_whether_rapl_or_perf_or_hwmon_shows_them) {
  powercap_.add("intel-rapl:0", "package-0-die-0", Joules{1});
  powercap_.add("intel-rapl:1", "package-0-die-1", Joules{100});
  add_perf({{0, 0}, {2, 1}});
  const FakeTree& sys = powercap_.sys();
  sys.write("class/hwmon/hwmon0/name", "amd_energy");
  sys.write("class/hwmon/hwmon0/energy1_label", "Esocket0");
  sys.write("class/hwmon/hwmon0/energy1_input", "1000000");
  EXPECT_THAT(ids(make({"auto"})), ElementsAre("rapl:package-0-die-0", "rapl:package-0-die-1"));
  powercap_.forbid("intel-rapl:0");
  EXPECT_THAT(ids(make({"auto"})), ElementsAre("perf:package-0"));  // AMD's dies show the package.
  proc_.set_cpu("Intel(R) Xeon(R) Platinum 9242", 4, 1, true, false);
  EXPECT_THAT(ids(make({"auto"})), ElementsAre("perf:package-0-die-0", "perf:package-0-die-1"));
}

TEST_F(SensorsTest, says_how_to_be_allowed_to_count_where_nothing_else_counts) {
  add_perf({{0, 0}});
  perf_ = [](unsigned int, unsigned long, int) { return nullptr; };
  EXPECT_THAT(make({"auto"}).notes, Contains(HasSubstr("perf_event_paranoid")));
  powercap_.add("intel-rapl:0", "package-0", Joules{1});
  EXPECT_THAT(make({"auto"}).notes, IsEmpty());
}

TEST_F(SensorsTest, excludes_the_memory_of_a_package_that_shows_none) {
  powercap_.add("intel-rapl:0", "package-0", Joules{1});
  powercap_.add("intel-rapl:0:0", "dram", Joules{1});
  powercap_.add("intel-rapl:1", "package-1", Joules{100});
  const SensorSet set = make({"auto"});
  EXPECT_THAT(set.excludes, Contains("DRAM of package-1"));
  EXPECT_THAT(set.excludes, Not(Contains("DRAM of package-0")));
}

TEST_F(SensorsTest, excludes_a_gpu_beside_others_that_it_may_not_open) {
  FakeGpus gpus(R"({"gpus": [{}, {"faults": [{"call": "GetUUID", "error": "NO_PERMISSION"}]}]})");
  nvml_ = gpus.library();
  const SensorSet set = make({"auto"});
  EXPECT_THAT(set.excludes, Contains("GPU 1"));
  EXPECT_THAT(set.notes, Contains(HasSubstr("/dev/nvidia*")));
}

TEST_F(SensorsTest, goes_on_without_gpus_whose_driver_does_not_answer) {
  FakeGpus gpus(R"({"gpus": [{"faults": [{"call": "GetUUID", "block_s": 0.3}]}]})");
  nvml_ = gpus.library();
  nvml_patience_ = std::chrono::milliseconds(10);
  const SensorSet set = make({"auto"});
  EXPECT_THAT(ids(set), ElementsAre("model:cpu"));
  EXPECT_THAT(set.excludes, Contains("GPU"));
  EXPECT_THAT(set.notes, Contains(HasSubstr("did not answer within 10.0 ms")));
  // The thread left behind needs the library, and the library its scenario, until it answers.
  const auto log = gpus.tree().root() / "calls";
  const auto calls = [&] { return read_small_file(log).value_or(""); };
  while (calls().find("nvmlDeviceGetUtilizationRates") == std::string::npos &&
         calls().find("nvmlDeviceGetFieldValues") == std::string::npos) {
    std::this_thread::yield();
  }
}

TEST_F(SensorsTest, takes_psys_before_the_model) {
  powercap_.add("intel-rapl:0", "package-0", Joules{1});
  powercap_.forbid("intel-rapl:0");
  powercap_.add("intel-rapl:1", "psys", Joules{1});
  const SensorSet set = make({"auto"});
  EXPECT_THAT(ids(set), ElementsAre("rapl:psys"));
  EXPECT_THAT(set.excludes, Not(Contains("CPU")));
  EXPECT_THAT(set.notes, Contains(HasSubstr("chmod g+r")));
}

TEST_F(SensorsTest, says_what_keeps_a_gpu_that_is_there_from_being_read) {
  dev_.write("nvidia0", "");
  nvml_ = (dev_.root() / "libnvidia-ml.so.1").string();
  const SensorSet set = make({"auto"});
  EXPECT_THAT(set.notes, Contains(HasSubstr("nvml: cannot open")));
  EXPECT_THAT(set.excludes, Contains("GPU"));
}

TEST(MachineTree, takes_fakes_from_the_environment) {
  const MachineTree machine = machine_tree([](const std::string& name) {
    return std::optional<std::string>(name == "GREENTRAIN_NVML" ? "/fake/lib" : "/fake/sys");
  });
  EXPECT_EQ(machine.sys, "/fake/sys");
  EXPECT_EQ(machine.nvml, "/fake/lib");
  const MachineTree own = machine_tree([](const std::string&) { return std::nullopt; });
  EXPECT_EQ(own.sys, "/sys");
  EXPECT_EQ(own.nvml, "libnvidia-ml.so.1");
}

}  // namespace
}  // namespace greentrain
