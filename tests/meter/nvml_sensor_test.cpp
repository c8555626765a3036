#include "meter/nvml_sensor.h"

#include <sys/wait.h>
#include <unistd.h>

#include <gmock/gmock.h>

#include "meter/energy_window.h"
#include "meter/gpu_model_sensor.h"
#include "tests/fakes/fake_gpus.h"
#include "tests/fakes/manual_clock.h"

namespace greentrain {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// GPUs of a scenario; the clocks of the meter and of the GPUs go together.
class NvmlTest : public testing::Test {
 protected:
  void use(const std::string& scenario) {
    gpus_ = {};  // The library has one scenario at a time.
    fake_.emplace(scenario);
    gpus_ = open_nvml_gpus(FakeGpus::library(), clock_);
  }
  void advance(Seconds time) {
    clock_.advance(time);
    fake_->advance(time);
  }
  EnergySensor& gpu(std::size_t index = 0) { return *gpus_.sensors.at(index); }

  /// The first GPU over so many steps of a second.
  EnergyWindow window_of(int seconds) {
    EnergyWindow window(gpu().info(), clock_.now());
    window.add(gpu().read());
    for (int i = 0; i < seconds; ++i) {
      advance(1s);
      window.add(gpu().read());
    }
    return window;
  }

  ManualClock clock_;
  std::optional<FakeGpus> fake_;
  NvmlGpus gpus_;
};

TEST_F(NvmlTest, measures_each_gpu_by_its_counter) {
  use(R"({"gpus": [{"name": "A", "idle_w": 50, "full_w": 300}, {"name": "B", "full_w": 400}]})");
  ASSERT_EQ(gpus_.sensors.size(), 2u);
  EXPECT_THAT(gpus_.problems, IsEmpty());
  EXPECT_EQ(gpu(0).info().quality, Quality::Measured);
  EXPECT_EQ(gpu(0).info().device, "A");
  EXPECT_THAT(gpu(0).info().parts, ElementsAre("gpu:GPU-00000000-0000-0000-0000-000000000000"));
  EXPECT_THAT(gpu(1).info().parts, ElementsAre("gpu:GPU-00000000-0000-0000-0000-000000000001"));
  gpu(0).read();
  gpu(1).read();
  advance(10s);
  EXPECT_NEAR(gpu(0).read().joules.value, 3000, 1e-6);
  EXPECT_NEAR(gpu(1).read().joules.value, 4000, 1e-6);
}

TEST_F(NvmlTest, holds_what_was_drawn_between_its_bounds) {
  use(R"({"gpus": [{"idle_w": 50, "full_w": 300, "load": [[0, 0], [2.55, 1], [4.21, 0.3]]}]})");
  advance(1.04s);
  const EnergyWindow window = window_of(6);
  const Energy energy = window.energy(clock_.now());
  const double truth = 50 * 6 + 250 * (4.21 - 2.55) + 0.3 * 250 * (7.04 - 4.21);
  EXPECT_LE(energy.lo.value, truth);
  EXPECT_GE(energy.hi.value, truth);
  EXPECT_NEAR(energy.joules.value, truth, 2 * 300 * 0.1);
  EXPECT_EQ(energy.resets, 0);
  EXPECT_EQ(energy.covered_fraction, 1);
}

TEST_F(NvmlTest, looks_at_the_counter_until_its_update_period_is_known_and_counts_meanwhile) {
  use(R"({"gpus": [{"full_w": 100}]})");
  gpu().read();
  int looks = 0;
  do {
    advance(5ms);
    ++looks;
  } while (gpu().probe() && looks < 400);
  EXPECT_GT(looks, 20);
  EXPECT_LT(looks, 400);
  advance(1s);
  const Reading reading = gpu().read();
  EXPECT_GT(reading.update_period, 0s);
  EXPECT_NEAR(reading.joules.value, 100 * (1 + looks * 0.005), 100 * 0.1);
}

TEST_F(NvmlTest, loses_readings_while_the_gpu_does_not_answer_and_misses_nothing) {
  use(R"({"gpus": [{"full_w": 100,
                    "faults": [{"from_s": 2.5, "to_s": 4.5, "error": "GPU_IS_LOST"}]}]})");
  const EnergyWindow window = window_of(10);
  EXPECT_EQ(window.lost_readings(), 2);
  EXPECT_NEAR(window.counted().value, 1000, 1e-6);
  EXPECT_EQ(window.energy(clock_.now()).gaps, 0);
}

TEST_F(NvmlTest, tells_a_reset_from_a_wrap_and_widens) {
  use(R"({"gpus": [{"full_w": 100, "resets_s": [5.3]}]})");
  const EnergyWindow window = window_of(10);
  const Energy energy = window.energy(clock_.now());
  EXPECT_EQ(energy.resets, 1);
  EXPECT_LE(energy.lo.value, 1000);
  EXPECT_GE(energy.hi.value, 1000);
  EXPECT_NEAR(energy.joules.value, 1000, 100);
}

TEST_F(NvmlTest, takes_a_counter_that_stands_still_for_a_gap) {
  use(R"({"gpus": [{"full_w": 100, "faults": [{"freeze": true, "from_s": 3, "to_s": 6}]}]})");
  const EnergyWindow window = window_of(10);
  const Energy energy = window.energy(clock_.now());
  EXPECT_EQ(energy.gaps, 1);
  EXPECT_LT(energy.covered_fraction, 1);
  EXPECT_LE(energy.lo.value, 1000);
  EXPECT_GE(energy.hi.value, 1000);
}

TEST_F(NvmlTest, refuses_figures_that_no_gpu_can_show) {
  use(R"({"gpus": [{"full_w": 100, "faults": [
            {"call": "TotalEnergy", "from_s": 2.5, "to_s": 3.5, "shows": 1e12}]}]})");
  const Energy energy = window_of(10).energy(clock_.now());
  EXPECT_GE(energy.resets, 1);
  EXPECT_LE(energy.lo.value, 1000);
  EXPECT_GE(energy.hi.value, 1000);
  EXPECT_LE(energy.hi.value, 2000);
}

TEST_F(NvmlTest, checks_the_counter_against_the_power) {
  use(R"({"gpus": [{"full_w": 100}]})");
  ASSERT_TRUE(window_of(20).counter_over_integral());
  EXPECT_NEAR(*window_of(20).counter_over_integral(), 0, 1e-3);
  use(R"({"gpus": [{"full_w": 100, "counter_gain": 0.5}]})");
  EXPECT_NEAR(*window_of(20).counter_over_integral(), -0.5, 1e-3);
  EXPECT_FALSE(window_of(3).counter_over_integral()) << "too few readings to say anything";
}

TEST_F(NvmlTest, adds_up_the_mean_power_of_a_gpu_without_a_counter) {
  use(R"({"gpus": [{"full_w": 100, "energy_counter": false}]})");
  EXPECT_EQ(gpu().info().quality, Quality::Integrated);
  EXPECT_EQ(gpu().info().longest_period, Seconds(0.1));
  EnergyWindow window(gpu().info(), clock_.now());
  for (int i = 0; i <= 100; ++i) {
    window.add(gpu().read());
    advance(0.1s);
  }
  const Energy energy = window.energy(clock_.now());
  EXPECT_LE(energy.lo.value, 1010);
  EXPECT_GE(energy.hi.value, 1010);
  EXPECT_GT(energy.lo.value, 700);
  EXPECT_GT(energy.covered_fraction, 0.8);
}

TEST_F(NvmlTest, vouches_for_little_where_power_is_of_a_moment) {
  use(R"({"gpus": [{"full_w": 100, "energy_counter": false, "average_power": false}]})");
  const Energy energy = window_of(10).energy(clock_.now());
  EXPECT_EQ(energy.quality, Quality::Estimated);
  EXPECT_EQ(energy.covered_fraction, 0);
  EXPECT_NEAR(energy.joules.value, 1000, 1e-6);
  EXPECT_EQ(energy.lo, Joules{});
}

TEST_F(NvmlTest, says_that_the_counter_of_a_module_has_the_cpu_in_it) {
  use(R"({"gpus": [{"name": "GH200", "module_scope": true, "cpu_w": 100, "full_w": 400}]})");
  EXPECT_THAT(gpu().info().parts,
              ElementsAre("gpu:GPU-00000000-0000-0000-0000-000000000000", "grace:0"));
  EXPECT_NEAR(window_of(10).counted().value, 5000, 1e-6);
}

TEST_F(NvmlTest, measures_a_gpu_in_parts_as_a_whole) {
  use(R"({"gpus": [{"mig_instances": 7}]})");
  ASSERT_EQ(gpus_.sensors.size(), 1u);
  EXPECT_THAT(gpu().info().source, HasSubstr("all MIG instances"));
}

TEST_F(NvmlTest, names_a_gpu_that_cannot_be_opened) {
  use(R"({"gpus": [{}, {"faults": [{"call": "GetUUID", "error": "NO_PERMISSION"}]}]})");
  EXPECT_EQ(gpus_.sensors.size(), 1u);
  EXPECT_THAT(gpus_.problems,
              ElementsAre(HasSubstr("GPU 1 cannot be opened (Insufficient Permissions)")));
}

/// A GPU that shows neither energy nor power, nor its limits, but how busy it is.
std::string silent_gpu(const std::string& name, const std::string& more_faults = "") {
  std::string faults;
  for (const char* call : {"Power", "Energy", "Field"}) {
    faults += std::string(faults.empty() ? "" : ", ") + R"({"call": ")" + call +
              R"(", "error": "NOT_SUPPORTED"})";
  }
  return R"({"gpus": [{"name": ")" + name + R"(", "load": [[0, 0.5]], "faults": [)" + faults +
         more_faults + "]}]}";
}

TEST_F(NvmlTest, models_a_gpu_that_shows_no_energy_from_how_busy_it_is) {
  use(silent_gpu("GRID T4-16Q"));
  ASSERT_EQ(gpus_.sensors.size(), 1u);
  EXPECT_EQ(gpu().info().quality, Quality::Estimated);
  EXPECT_THAT(gpu().info().source, HasSubstr("model from how busy"));
  EXPECT_THAT(gpus_.problems, ElementsAre(HasSubstr("modelled")));
  const Energy energy = window_of(10).energy(clock_.now());
  EXPECT_NEAR(energy.joules.value, 10 * 70 * (0.1 + 0.9 * 0.5), 1e-9);
  EXPECT_EQ(energy.lo, Joules{});
  EXPECT_NEAR(energy.hi.value, 10 * 70 * 1.5, 1e-9);
  EXPECT_EQ(energy.quality, Quality::Estimated);
}

TEST_F(NvmlTest, names_a_gpu_that_shows_nothing) {
  use(silent_gpu("Something of 2030"));
  EXPECT_THAT(gpus_.sensors, IsEmpty());
  EXPECT_THAT(gpus_.problems, ElementsAre(HasSubstr("shows neither energy nor power")));
  EXPECT_THAT(gpus_.unseen, ElementsAre(HasSubstr("GPU GPU-")));
  use(silent_gpu("NVIDIA T4", R"(, {"call": "Utilization", "error": "NOT_SUPPORTED"})"));
  EXPECT_THAT(gpus_.sensors, IsEmpty());
}

TEST(GpuBoardPower, is_found_by_the_model_in_a_name) {
  EXPECT_EQ(gpu_board_power("NVIDIA A100-SXM4-80GB"), Watts{400});
  EXPECT_EQ(gpu_board_power("GRID T4-16Q"), Watts{70});
  EXPECT_EQ(gpu_board_power("NVIDIA A1000"), std::nullopt);
  EXPECT_EQ(gpu_board_power(""), std::nullopt);
}

TEST_F(NvmlTest, says_what_is_wrong_with_a_library_that_does_not_open) {
  const NvmlGpus none = open_nvml_gpus("/nonexistent/libnvidia-ml.so.1", clock_);
  EXPECT_THAT(none.problems, ElementsAre(HasSubstr("cannot open /nonexistent")));
  const NvmlGpus other = open_nvml_gpus("libm.so.6", clock_);
  EXPECT_THAT(other.problems, ElementsAre(HasSubstr("lacks functions")));
}

TEST_F(NvmlTest, delivers_nothing_in_a_child_of_fork) {
  use(R"({"gpus": [{}]})");
  const pid_t child = fork();
  if (child == 0) _exit(gpu().read().status == ReadStatus::Lost ? 0 : 1);
  int status = -1;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(gpu().read().status, ReadStatus::Ok);
}

TEST_F(NvmlTest, asks_a_gpu_twice_a_reading_and_changes_nothing) {
  use(R"({"gpus": [{}]})");
  const auto calls = [&] {
    std::ifstream log(fake_->tree().root() / "calls");
    return std::string(std::istreambuf_iterator<char>(log), {});
  };
  const std::string before = calls();
  gpu().read();
  const std::string since = calls().substr(before.size());
  EXPECT_EQ(std::count(since.begin(), since.end(), '\n'), 2);
  advance(10ms);
  gpu().read();  // The power is no news yet.
  const std::string both = calls().substr(before.size());
  EXPECT_EQ(std::count(both.begin(), both.end(), '\n'), 3);
  EXPECT_THAT(calls(), testing::Not(HasSubstr("Set")));
}

}  // namespace
}  // namespace greentrain
