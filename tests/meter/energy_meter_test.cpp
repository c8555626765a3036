#include "meter/energy_meter.h"

#include <cmath>
#include <condition_variable>
#include <mutex>
#include <stdexcept>

#include <gmock/gmock.h>

#include "core/error.h"
#include "tests/fakes/manual_clock.h"
#include "tests/fakes/scripted_sensor.h"

namespace greentrain {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::HasSubstr;

/// A place where one thread waits for another. Shared by both, so that it outlives the last to
/// leave.
class Signal {
 public:
  void send() {
    const std::lock_guard lock(mutex_);
    sent_ = true;
    changed_.notify_all();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return sent_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool sent_{false};
};

/// A meter whose thread reads only when sample() asks.
class MeterTest : public testing::Test {
 protected:
  MeterTest() { options_.period = 24h; }

  ScriptedSensor& add(
      const std::string& id, Watts power,
      ScriptedSensor::Hook hook = [] { return ReadStatus::Ok; }) {
    auto sensor = std::make_unique<ScriptedSensor>(
        scripted_info(id), clock_, [power](Seconds time) { return power * time; }, hook);
    ScriptedSensor& added = *sensor;
    set_.sensors.push_back(std::move(sensor));
    return added;
  }

  EnergyMeter& meter() {
    if (!meter_) {
      set_.node = "node0";
      set_.excludes = {"GPU"};
      meter_ = std::make_unique<EnergyMeter>(std::move(set_), options_, phases_, clock_, patience_,
                                             [this] { return slept_; });
    }
    return *meter_;
  }

  void spend(Phase phase, Seconds time) {
    phases_.enter(phase);
    clock_.advance(time);
  }

  ManualClock clock_;
  PhaseTimer phases_{clock_};
  MeterOptions options_;
  SensorSet set_;
  std::chrono::milliseconds patience_{60s};
  Seconds slept_{3600};  ///< Before the run, which is nobody's business.
  std::unique_ptr<EnergyMeter> meter_;
};

double phase_sum(const EnergyReport& report) {
  Joules sum;
  for (const PhaseEnergy& phase : report.phases) sum += phase.joules;
  return sum.value;
}

Joules of(const EnergyReport& report, Phase phase) {
  return report.phases.at(static_cast<std::size_t>(phase)).joules;
}

TEST_F(MeterTest, adds_up_sensors_over_the_run) {
  add("a", Watts{20});
  add("b", Watts{5});
  meter().start();
  clock_.advance(4s);
  meter().sample();
  EXPECT_EQ(meter().so_far(), Joules{100});
  EXPECT_EQ(meter().power(), Watts{25});
  clock_.advance(6s);
  const EnergyReport report = meter().stop();
  EXPECT_DOUBLE_EQ(report.total.joules.value, 250);
  EXPECT_EQ(report.total.quality, Quality::Measured);
  EXPECT_EQ(report.total.covered_fraction, 1);
  ASSERT_EQ(report.components.size(), 2u);
  EXPECT_EQ(report.components[0].node, "node0");
  EXPECT_DOUBLE_EQ(report.components[0].energy.joules.value, 200);
  EXPECT_THAT(report.excludes, Contains("GPU"));
}

TEST_F(MeterTest, counts_from_start_and_not_from_the_first_use_of_the_sensor) {
  add("a", Watts{10});
  clock_.advance(100s);
  meter().start();
  clock_.advance(1s);
  const EnergyReport report = meter().stop();
  EXPECT_DOUBLE_EQ(report.total.joules.value, 10);
  EXPECT_EQ(report.phases.at(0).time, 1s);
}

TEST_F(MeterTest, says_what_it_has_so_far_and_goes_on) {
  add("a", Watts{10});
  meter().start();
  const WindowId window = meter().begin();
  clock_.advance(5s);
  meter().sample();
  EXPECT_DOUBLE_EQ(meter().look().total.joules.value, 50);
  EXPECT_EQ(phase_sum(meter().look()), meter().look().total.joules.value);
  EXPECT_DOUBLE_EQ(meter().look(window).total.joules.value, 50);
  clock_.advance(5s);
  EXPECT_DOUBLE_EQ(meter().end(window).total.joules.value, 100);
  EXPECT_THROW(meter().look(window), Error);
  EXPECT_DOUBLE_EQ(meter().stop().total.joules.value, 100);
}

TEST_F(MeterTest, fails_only_where_it_is_required_and_a_sensor_is_silent_for_long) {
  for (const bool required : {false, true}) {
    bool lost = false;
    options_.required = required;
    add("a", Watts{10});
    add("b", Watts{10}, [&] { return lost ? ReadStatus::Lost : ReadStatus::Ok; });
    options_.period = 1s;
    meter().start();
    EXPECT_FALSE(meter().lost_sensor());
    lost = true;
    clock_.advance(9s);
    meter().sample();
    EXPECT_EQ(meter().lost_sensor(), "b delivers nothing");
    EXPECT_FALSE(meter().failed()) << "not for long";
    clock_.advance(2s);
    meter().sample();
    EXPECT_EQ(meter().failed(), required);
    lost = false;
    meter().sample();
    EXPECT_FALSE(meter().failed()) << "it came back";
    meter_.reset();
    set_ = SensorSet{};
  }
}

TEST_F(MeterTest, says_that_there_is_no_sensor) {
  meter().start();
  EXPECT_THAT(meter().lost_sensor().value_or(""), HasSubstr("no sensor"));
}

TEST_F(MeterTest, says_that_the_machine_slept_and_for_how_long) {
  add("a", Watts{10});
  meter().start();
  clock_.advance(1s);
  slept_ += 90s;
  const EnergyReport report = meter().stop();
  EXPECT_THAT(report.notes, Contains(HasSubstr("slept for 1m30s")));
  EXPECT_THAT(report.excludes, Contains(HasSubstr("slept")));
}

TEST_F(MeterTest, vouches_for_nothing_that_may_have_been_drawn_while_the_machine_slept) {
  add("a", Watts{10});
  meter().start();
  const WindowId across = meter().begin();
  clock_.advance(20s);
  slept_ += 1s;  // In which a sensor of at most 100 W may have counted on.
  const WindowId after = meter().begin();
  clock_.advance(20s);
  const EnergyReport slept = meter().end(across);
  EXPECT_EQ(slept.total.quality, Quality::Estimated);
  EXPECT_DOUBLE_EQ(slept.total.joules.value, 400);
  EXPECT_DOUBLE_EQ(slept.total.lo.value, 300);
  const EnergyReport awake = meter().end(after);
  EXPECT_EQ(awake.total.quality, Quality::Measured);
  EXPECT_DOUBLE_EQ(awake.total.lo.value, 200);
  EXPECT_THAT(awake.excludes, testing::Not(Contains(HasSubstr("slept"))));
  EXPECT_DOUBLE_EQ(meter().stop().total.lo.value, 300);
}

TEST_F(MeterTest, does_not_take_the_steps_of_a_counter_for_power) {
  SensorInfo info = scripted_info("a");
  info.update_period = 100ms;
  set_.sensors.push_back(std::make_unique<ScriptedSensor>(info, clock_, [](Seconds time) {
    return Joules{std::floor(time / 100ms + 1e-9)};  // 10 W.
  }));
  meter().start();
  clock_.advance(1s);
  meter().sample();
  EXPECT_EQ(meter().power(), Watts{10});
  for (const Seconds time : {1ms, 98ms, 1ms}) {
    clock_.advance(time);
    meter().sample();
    EXPECT_EQ(meter().power(), Watts{10});
  }
}

TEST_F(MeterTest, shares_each_interval_among_phases_by_time_and_sums_exactly) {
  add("a", Watts{30});
  add("b", Watts{0.7});
  meter().start();
  spend(Phase::Forward, 0.3s);
  spend(Phase::Backward, 0.6s);
  meter().sample();
  spend(Phase::Update, 0.1s);
  spend(Phase::Forward, 0.7s);
  const EnergyReport report = meter().stop();
  EXPECT_EQ(phase_sum(report), report.total.joules.value);
  EXPECT_NEAR(of(report, Phase::Forward).value, 30.7, 1e-9);
  EXPECT_NEAR(of(report, Phase::Backward).value, 30.7 * 0.6, 1e-9);
  EXPECT_NEAR(of(report, Phase::Update).value, 3.07, 1e-9);
  EXPECT_EQ(of(report, Phase::Checkpoint).value, 0);
}

TEST_F(MeterTest, gives_the_interval_of_a_recovered_sensor_to_all_phases_since_its_last_reading) {
  int reading = 0;
  add("a", Watts{10}, [&] { return ++reading == 2 ? ReadStatus::Lost : ReadStatus::Ok; });
  meter().start();
  spend(Phase::Data, 1s);
  meter().sample();  // Lost.
  spend(Phase::Forward, 1s);
  const EnergyReport report = meter().stop();
  EXPECT_DOUBLE_EQ(report.total.joules.value, 20);
  EXPECT_DOUBLE_EQ(of(report, Phase::Data).value, 10);
  EXPECT_DOUBLE_EQ(of(report, Phase::Forward).value, 10);
  EXPECT_EQ(report.total.covered_fraction, 1);  // The counter went on counting.
  EXPECT_EQ(report.components[0].lost_readings, 1);
}

TEST_F(MeterTest, widens_instead_of_counting_zero_when_the_end_is_lost) {
  bool lost = false;
  add("a", Watts{10}, [&] { return lost ? ReadStatus::Lost : ReadStatus::Ok; });
  meter().start();
  clock_.advance(6s);
  meter().sample();
  lost = true;
  clock_.advance(2s);
  const EnergyReport report = meter().stop();
  EXPECT_DOUBLE_EQ(report.total.joules.value, 80);  // 60 J seen, 2 s at the mean of 10 W.
  EXPECT_DOUBLE_EQ(report.total.lo.value, 60);
  EXPECT_DOUBLE_EQ(report.total.hi.value, 260);  // 2 s at the 100 W that it can draw at most.
  EXPECT_DOUBLE_EQ(report.total.covered_fraction, 0.75);
  EXPECT_EQ(report.total.quality, Quality::Estimated);
  EXPECT_EQ(phase_sum(report), report.total.joules.value);
  EXPECT_THAT(report.notes, Contains(HasSubstr("1 reading was lost")));
}

TEST_F(MeterTest, fills_in_a_start_that_was_lost) {
  bool lost = true;
  add("a", Watts{10}, [&] { return lost ? ReadStatus::Lost : ReadStatus::Ok; });
  meter().start();
  spend(Phase::Data, 1s);
  lost = false;
  meter().sample();
  spend(Phase::Forward, 3s);
  const EnergyReport report = meter().stop();
  EXPECT_DOUBLE_EQ(report.total.joules.value, 40);
  EXPECT_DOUBLE_EQ(report.total.lo.value, 30);
  EXPECT_DOUBLE_EQ(report.total.hi.value, 130);
  EXPECT_DOUBLE_EQ(of(report, Phase::Data).value, 10);
  EXPECT_DOUBLE_EQ(report.total.covered_fraction, 0.75);
}

TEST_F(MeterTest, is_unmeasured_without_sensors) {
  meter().start();
  clock_.advance(5s);
  meter().sample();
  const EnergyReport report = meter().stop();
  EXPECT_EQ(report.total.quality, Quality::Unmeasured);
  EXPECT_EQ(report.total.covered_fraction, 0);
}

TEST_F(MeterTest, leaves_a_sensor_that_never_delivers_out_of_the_total_and_says_so) {
  add("dead", Watts{10}, [] { return ReadStatus::Lost; });
  add("alive", Watts{5});
  meter().start();
  clock_.advance(2s);
  const EnergyReport report = meter().stop();
  EXPECT_DOUBLE_EQ(report.total.joules.value, 10);
  EXPECT_EQ(report.components[0].energy.quality, Quality::Unmeasured);
  EXPECT_THAT(report.excludes, Contains("device dead"));
  EXPECT_THAT(report.notes, Contains(HasSubstr("dead delivered nothing")));
}

TEST_F(MeterTest, counts_a_sensor_that_throws_as_lost) {
  add("bad", Watts{10}, []() -> ReadStatus { throw std::runtime_error("broken"); });
  add("good", Watts{1});
  meter().start();
  clock_.advance(1s);
  EXPECT_DOUBLE_EQ(meter().stop().total.joules.value, 1);
}

TEST_F(MeterTest, adds_the_lag_of_a_counter_and_its_accuracy_to_the_bounds) {
  SensorInfo info = scripted_info("a");
  info.update_period = Seconds(0.1);
  info.accuracy = 0.05;
  set_.sensors.push_back(std::make_unique<ScriptedSensor>(
      info, clock_, [](Seconds time) { return Watts{50} * time; }));
  meter().start();
  clock_.advance(10s);
  const EnergyReport report = meter().stop();
  EXPECT_DOUBLE_EQ(report.total.joules.value, 500);
  EXPECT_DOUBLE_EQ(report.total.lo.value, 475 - 10);
  EXPECT_DOUBLE_EQ(report.total.hi.value, 525 + 10);
}

TEST_F(MeterTest, measures_windows_that_overlap) {
  add("a", Watts{10});
  add("b", Watts{1});
  meter().start();
  const WindowId first = meter().begin();
  clock_.advance(1s);
  const WindowId second = meter().begin();
  const WindowId third = meter().begin();
  clock_.advance(2s);
  const EnergyReport of_first = meter().end(first);
  clock_.advance(4s);
  EXPECT_DOUBLE_EQ(of_first.total.joules.value, 33);
  EXPECT_EQ(of_first.components.size(), 2u);
  EXPECT_TRUE(of_first.phases.empty());
  meter().cancel(third);
  EXPECT_DOUBLE_EQ(meter().end(second).total.joules.value, 66);
  EXPECT_DOUBLE_EQ(meter().stop().total.joules.value, 77);
}

TEST_F(MeterTest, refuses_a_window_that_is_not_open) {
  add("a", Watts{10});
  meter().start();
  const WindowId window = meter().begin();
  meter().end(window);
  EXPECT_THROW(meter().end(window), Error);
  EXPECT_THROW(meter().cancel(window), Error);
  EXPECT_THROW(meter().end(WindowId{99}), Error);
}

TEST_F(MeterTest, widens_a_window_whose_start_was_lost) {
  bool lost = false;
  add("a", Watts{10}, [&] { return lost ? ReadStatus::Lost : ReadStatus::Ok; });
  meter().start();
  lost = true;
  const WindowId window = meter().begin();
  clock_.advance(1s);
  lost = false;
  meter().sample();
  clock_.advance(3s);
  const Energy energy = meter().end(window).total;
  EXPECT_DOUBLE_EQ(energy.joules.value, 40);
  EXPECT_DOUBLE_EQ(energy.lo.value, 30);
  EXPECT_DOUBLE_EQ(energy.hi.value, 130);
  EXPECT_EQ(energy.gaps, 1);
  EXPECT_EQ(energy.quality, Quality::Estimated);
}

TEST_F(MeterTest, reads_a_counter_often_enough_to_see_each_wrap) {
  SensorInfo info = scripted_info("a");
  info.longest_period = 1ms;
  Signal third;
  int readings = 0;
  set_.sensors.push_back(std::make_unique<ScriptedSensor>(
      info, clock_, [](Seconds time) { return Watts{10} * time; },
      [&] {
        if (++readings == 3) third.send();
        return ReadStatus::Ok;
      }));
  meter().start();  // The period that was asked for is a day.
  third.wait();
  meter_.reset();
  EXPECT_GE(readings, 3);
}

TEST_F(MeterTest, reads_power_that_is_added_up_often_and_counters_no_more_than_before) {
  SensorInfo power = scripted_info("power");
  power.longest_period = 1ms;
  Signal tenth;
  int readings = 0;
  int of_counter = 0;
  add("counter", Watts{10}, [&] {
    ++of_counter;
    return ReadStatus::Ok;
  });
  set_.sensors.push_back(std::make_unique<ScriptedSensor>(
      power, clock_, [](Seconds time) { return Watts{10} * time; },
      [&] {
        if (++readings == 10) tenth.send();
        return ReadStatus::Ok;
      }));
  meter().start();
  tenth.wait();
  meter_.reset();
  EXPECT_EQ(of_counter, 1);  // When it started: its period is a day.
}

TEST_F(MeterTest, reports_a_run_of_no_time) {
  add("a", Watts{10});
  meter().start();
  const EnergyReport report = meter().stop();
  EXPECT_EQ(report.total.joules.value, 0);
  EXPECT_EQ(report.total.quality, Quality::Measured);
}

TEST_F(MeterTest, gives_up_on_a_sensor_that_blocks_and_reports_what_it_had) {
  patience_ = 500ms;
  const auto unblock = std::make_shared<Signal>();
  const auto gone = std::make_shared<Signal>();
  std::shared_ptr<void> tell_when_gone(nullptr, [gone](void*) { gone->send(); });
  bool block = false;
  add("a", Watts{10}, [&block, unblock, tell = std::move(tell_when_gone)] {
    if (block) unblock->wait();
    return ReadStatus::Ok;
  });
  meter().start();
  clock_.advance(3s);
  meter().sample();
  block = true;
  clock_.advance(1s);
  meter().sample();
  EXPECT_THAT(meter().lost_sensor().value_or(""), HasSubstr("does not answer"));
  const auto before = std::chrono::steady_clock::now();
  for (int i = 0; i < 100; ++i) meter().sample();  // It is waited for once.
  EXPECT_LT(std::chrono::steady_clock::now() - before, 100 * patience_);
  const EnergyReport report = meter().stop();
  EXPECT_DOUBLE_EQ(report.total.joules.value, 40);
  EXPECT_DOUBLE_EQ(report.total.lo.value, 30);
  EXPECT_DOUBLE_EQ(report.total.covered_fraction, 0.75);
  EXPECT_THAT(report.notes, Contains(HasSubstr("blocked")));
  meter_.reset();
  unblock->send();
  gone->wait();  // The thread left behind still used the clock.
}

TEST_F(MeterTest, samples_by_itself_once_a_period) {
  options_.period = 1ms;
  Signal third;
  int readings = 0;
  add("a", Watts{10}, [&] {
    if (++readings == 3) third.send();
    return ReadStatus::Ok;
  });
  meter().start();  // Asks for one reading; nobody asks for the others.
  third.wait();
  meter_.reset();
  EXPECT_GE(readings, 3);
}

TEST_F(MeterTest, looks_between_samples_until_that_tells_nothing_new) {
  struct Counts {
    int readings{0};
    int looks{0};
    Signal fourth_reading;
  } counts;
  class Probed final : public EnergySensor {
   public:
    explicit Probed(Counts& counts) : counts_(counts) { info_.probe = true; }
    const SensorInfo& info() const override { return info_; }
    Reading read() override {
      if (++counts_.readings == 4) counts_.fourth_reading.send();
      return {};
    }
    bool probe() override { return ++counts_.looks < 3; }

   private:
    Counts& counts_;
    SensorInfo info_ = scripted_info("a");
  };
  options_.period = 50ms;  // Ten times as long as from one look to the next.
  set_.sensors.push_back(std::make_unique<Probed>(counts));
  meter().start();
  counts.fourth_reading.wait();
  meter_.reset();
  EXPECT_GE(counts.looks, 1);
  EXPECT_LE(counts.looks, 3);
}

TEST_F(MeterTest, can_be_destroyed_without_stop) {
  add("a", Watts{10});
  meter().start();
  meter_.reset();
  EXPECT_EQ(meter_, nullptr);
}

TEST_F(MeterTest, can_be_destroyed_without_start) {
  add("a", Watts{10});
  meter();
  meter_.reset();
  EXPECT_EQ(meter_, nullptr);
}

}  // namespace
}  // namespace greentrain
