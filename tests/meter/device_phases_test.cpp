#include "meter/device_phases.h"

#include <map>

#include <gtest/gtest.h>

#include "tests/fakes/manual_clock.h"

namespace greentrain {
namespace {

using namespace std::chrono_literals;

/// A device that comes past marks some time after they were put; the test says when.
class FakeDevice final : public DeviceMarks {
 public:
  void put(std::size_t slot) override {
    reached_[slot] = busy_until_;
    ++puts_;
  }
  std::optional<Seconds> between(std::size_t from, std::size_t to) override {
    if (reached_.at(to) > now_) return std::nullopt;
    return reached_.at(to) - reached_.at(from);
  }

  void work(Seconds time) { busy_until_ += time; }  ///< Given to the device now.
  void run_to(Seconds time) { now_ = time; }
  int puts() const { return puts_; }

 private:
  std::map<std::size_t, Seconds> reached_;
  Seconds busy_until_{0};
  Seconds now_{0};
  int puts_{0};
};

class DevicePhasesTest : public testing::Test {
 protected:
  DevicePhasesTest() {
    phases_.follow([this](Phase phase) { device_phases_.entered(phase); });
  }

  /// A step whose work takes the device 1, 2 and 1 s; the host is through in 1 s, then waits in the
  /// update until the device has done all but this step's.
  void step() {
    enter(Phase::Data, 0s, 0.1s);
    enter(Phase::Forward, 1s, 0.3s);
    enter(Phase::Backward, 2s, 0.3s);
    enter(Phase::Update, 1s, 3.3s);
  }
  void enter(Phase phase, Seconds device, Seconds host) {
    phases_.enter(phase);
    device_.work(device);
    clock_.advance(host);
  }
  Seconds in(Phase phase) const { return phases_.totals()[static_cast<std::size_t>(phase)]; }
  Seconds all() const {
    Seconds sum{0};
    for (const Seconds time : phases_.totals()) sum += time;
    return sum;
  }

  ManualClock clock_;
  PhaseTimer phases_{clock_};
  FakeDevice device_;
  DevicePhases device_phases_{phases_, device_};
};

TEST_F(DevicePhasesTest, share_out_a_steps_time_as_the_device_spent_it_a_step_late) {
  step();
  device_.run_to(4s);
  step();
  EXPECT_DOUBLE_EQ(in(Phase::Update).count(), 6.6) << "the host's view, until the step has ended";
  phases_.enter(Phase::Data);  // Ends the second step; the first one is read.
  EXPECT_NEAR(in(Phase::Forward).count(), 0.3 + 1, 1e-6);
  EXPECT_NEAR(in(Phase::Backward).count(), 0.3 + 2, 1e-6);
  EXPECT_NEAR(in(Phase::Update).count(), 3.3 + 1, 1e-6);
  EXPECT_NEAR(in(Phase::Data).count(), 0.1, 1e-6);
  EXPECT_NEAR(all().count(), 8, 1e-6) << "no time is made or lost";
}

TEST_F(DevicePhasesTest, never_wait_and_keep_the_hosts_view_where_the_device_lags) {
  step();
  device_.run_to(2s);  // Not through the first step's backward.
  step();
  phases_.enter(Phase::Data);
  EXPECT_DOUBLE_EQ(in(Phase::Forward).count(), 0.6);
  EXPECT_DOUBLE_EQ(in(Phase::Update).count(), 6.6);
}

TEST_F(DevicePhasesTest, go_on_over_an_evaluation_between_steps) {
  for (int i = 0; i < 3; ++i) {
    step();
    device_.run_to(100s);
    enter(Phase::Evaluation, 5s, 5s);
  }
  EXPECT_NEAR(in(Phase::Backward).count(), 2 * 2 + 0.3, 1e-6) << "the last one is not read yet";
  EXPECT_NEAR(in(Phase::Evaluation).count(), 15, 1e-6);
}

TEST_F(DevicePhasesTest, take_several_micro_batches_for_one_step) {
  for (int i = 0; i < 2; ++i) {
    for (int micro_batch = 0; micro_batch < 3; ++micro_batch) {
      enter(Phase::Data, 0s, 0.1s);
      enter(Phase::Forward, 1s, 0.1s);
      enter(Phase::Backward, 1s, 0.1s);
    }
    enter(Phase::Update, 0s, 5.1s);
    device_.run_to(100s);
  }
  phases_.enter(Phase::Idle);
  EXPECT_NEAR(in(Phase::Forward).count(), 3 + 0.3, 1e-6);
  EXPECT_NEAR(in(Phase::Backward).count(), 3 + 0.3, 1e-6);
}

TEST_F(DevicePhasesTest, put_a_limited_number_of_marks_a_step) {
  for (int i = 0; i < 1000; ++i) enter(i % 2 == 0 ? Phase::Forward : Phase::Backward, 0s, 0.1s);
  EXPECT_EQ(device_.puts(), 0) << "no step has begun";
  enter(Phase::Data, 0s, 0.1s);
  for (int i = 0; i < 1000; ++i) enter(i % 2 == 0 ? Phase::Forward : Phase::Backward, 0s, 0.1s);
  EXPECT_LE(device_.puts(), static_cast<int>(DevicePhases::kMostMarks));
}

TEST(ShareOutAnew, changes_nothing_without_time_of_the_device) {
  ManualClock clock;
  PhaseTimer phases(clock);
  phases.enter(Phase::Forward);
  clock.advance(1s);
  PhaseSeconds host{};
  host[static_cast<std::size_t>(Phase::Forward)] = 1s;
  share_out_anew(phases, host, {});
  EXPECT_EQ(phases.totals()[static_cast<std::size_t>(Phase::Forward)], 1s);
}

}  // namespace
}  // namespace greentrain
