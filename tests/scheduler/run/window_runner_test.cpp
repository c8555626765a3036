#include "scheduler/run/window_runner.h"

#include <deque>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/scheduler/plan/sample_jobs.h"

namespace greentrain {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

class HandClock final : public Clock {
 public:
  Instant now() const override { return Instant{steady}; }
  std::chrono::system_clock::time_point date() const override { return today; }
  UtcTime today{kNoon};
  std::chrono::seconds steady{0};
};

/// A machine on which time passes only in wait_until(), and a command that runs for `runs`.
class FakeHost final : public RunHost {
 public:
  struct Happening {
    UtcTime at;
    RunEvent event;
    UtcTime wake_up{};  ///< If set, the machine sleeps from `at` to here, and nothing else happens.
  };

  const Clock& clock() const override { return clock_; }
  RunEvent wait_until(UtcTime time) override {
    if (!happenings.empty() && happenings.front().at <= time) {
      const Happening next = happenings.front();
      happenings.pop_front();
      if (next.wake_up != UtcTime{}) {
        pass(next.at - clock_.today);
        clock_.today = next.wake_up;  // The steady clock stood still.
        return RunEvent::Time;
      }
      if (pass(next.at - clock_.today)) return RunEvent::CommandEnded;
      return next.event;
    }
    return pass(std::max(time - clock_.today, 0s)) ? RunEvent::CommandEnded : RunEvent::Time;
  }
  bool start() override {
    log.push_back("start " + format_utc(clock_.today));
    running_ = startable;
    return startable;
  }
  void pause() override {
    log.push_back("pause " + format_utc(clock_.today));
    running_ = false;
  }
  void resume() override {
    log.push_back("resume " + format_utc(clock_.today));
    running_ = true;
  }
  void forward(RunEvent event) override {
    log.push_back(event == RunEvent::Interrupt ? "interrupt" : "terminate");
    runs = 1s;
    code = event == RunEvent::Interrupt ? 130 : 143;
  }
  int exit_code() const override { return code; }

  HandClock clock_;
  std::chrono::seconds runs{2h};
  bool startable{true};
  int code{0};
  std::deque<Happening> happenings;
  std::vector<std::string> log;

 private:
  /// Whether the command ends within this time; the clock then stands at its end.
  bool pass(std::chrono::seconds time) {
    const auto step = running_ ? std::min(time, runs) : time;
    clock_.today += step;
    clock_.steady += step;
    if (!running_) return false;
    runs -= step;
    return runs <= 0s;
  }
  bool running_{false};
};

class Runner : public testing::Test {
 protected:
  int run(bool may_pause = false) {
    WindowRunner::Settings settings;
    settings.policy.may_pause = may_pause;
    const auto outlooker = [this](const Job& rest, UtcTime now) -> std::optional<PlanBasis> {
      if (feed_is_dead) return std::nullopt;
      const auto slots = slots_of(intensities);
      const auto intensity = [&](UtcTime from, UtcTime) -> std::optional<GramsPerKwh> {
        for (const PlanSlot& slot : slots) {
          if (slot.start <= from && from < slot.end()) return slot.intensity;
        }
        return std::nullopt;
      };
      PlanBasis basis{make_slots(now, planned_deadline(rest), 1h, intensity), state, {}, {}};
      return basis;
    };
    WindowRunner runner(job, host, outlooker, settings,
                        [this](const std::string& message) { said.push_back(message); });
    const int code = runner.run();
    pieces = runner.pieces();
    planned = runner.planned();
    return code;
  }

  FakeHost host;
  Job job = [] {
    Job made = sample_job(2h);
    made.deadline = kNoon + 8h;
    return made;
  }();
  std::vector<double> intensities{400, 400, 300, 100, 100, 300, 400, 400};
  FeedState state{FeedState::Fresh};
  bool feed_is_dead{false};
  std::vector<std::string> said;
  std::vector<EnergyPiece> pieces;
  std::optional<Grams> planned;
};

TEST_F(Runner, waits_for_the_window_and_passes_the_exit_code_on) {
  host.code = 3;
  EXPECT_EQ(run(), 3);
  EXPECT_THAT(host.log, ElementsAre("start 2026-11-20T15:00Z"));
  EXPECT_THAT(said, Contains(HasSubstr("plan: 2026-11-20T15:00Z to 2026-11-20T17:00Z")));
}

TEST_F(Runner, books_waiting_running_and_pauses) {
  intensities = {400, 100, 400, 100, 400, 400, 400, 400};
  job.paused_power = Watts{10};
  EXPECT_EQ(run(true), 0);
  const Watts power = job.levels[0].power;
  EXPECT_THAT(pieces,
              ElementsAre(EnergyPiece{kNoon, kNoon + 1h, Joules{0}, true},
                          EnergyPiece{kNoon + 1h, kNoon + 2h, power * Seconds{1h}, false},
                          EnergyPiece{kNoon + 2h, kNoon + 3h, Watts{10} * Seconds{1h}, true},
                          EnergyPiece{kNoon + 3h, kNoon + 4h, power * Seconds{1h}, false}));
  EXPECT_NEAR(planned->value, 204, 1e-9);  // 2 kWh at 100 g/kWh, 10 Wh at 400 g/kWh.
}

TEST_F(Runner, books_no_energy_for_the_time_that_the_machine_sleeps) {
  host.happenings.push_back({kNoon + 4h, RunEvent::Time, kNoon + 6h});
  EXPECT_EQ(run(), 0);
  ASSERT_EQ(pieces.size(), 2u);
  EXPECT_EQ(pieces[1].energy, job.levels[0].power * Seconds{2h});
  EXPECT_EQ(pieces[1].to, kNoon + 7h);
}

TEST_F(Runner, starts_at_once_without_a_forecast) {
  feed_is_dead = true;
  EXPECT_EQ(run(), 0);
  EXPECT_THAT(host.log, ElementsAre("start 2026-11-20T12:00Z"));
  EXPECT_THAT(said, Contains(HasSubstr("nothing is known of the grid")));
}

TEST_F(Runner, starts_at_once_where_the_state_gives_no_right_to_wait) {
  state = FeedState::Blind;
  run();
  EXPECT_THAT(host.log, ElementsAre("start 2026-11-20T12:00Z"));
}

TEST_F(Runner, returns_130_when_interrupted_before_the_start) {
  host.happenings.push_back({kNoon + 1h, RunEvent::Interrupt});
  EXPECT_EQ(run(), 130);
  EXPECT_TRUE(host.log.empty());
  host.happenings.push_back({kNoon + 2h, RunEvent::Terminate});
  EXPECT_EQ(run(), 143);
}

TEST_F(Runner, passes_a_signal_on_to_the_command_and_waits_for_its_end) {
  host.happenings.push_back({kNoon + 4h, RunEvent::Interrupt});
  EXPECT_EQ(run(), 130);
  EXPECT_THAT(host.log, ElementsAre("start 2026-11-20T15:00Z", "interrupt"));
}

TEST_F(Runner, plans_again_when_the_window_was_slept_through) {
  intensities = {400, 400, 300, 100, 100, 300, 150, 150, 400, 400};
  job.deadline = kNoon + 10h;
  host.happenings.push_back({kNoon + 30min, RunEvent::Time, kNoon + 5h});
  EXPECT_EQ(run(), 0);
  EXPECT_THAT(host.log, ElementsAre("start 2026-11-20T18:00Z"));
  EXPECT_THAT(said, Contains(HasSubstr("was slept through")));
}

TEST_F(Runner, starts_at_once_and_says_so_when_the_deadline_was_slept_through) {
  host.happenings.push_back({kNoon + 30min, RunEvent::Time, kNoon + 7h});
  EXPECT_EQ(run(), 0);
  EXPECT_THAT(host.log, ElementsAre("start 2026-11-20T19:00Z"));
  EXPECT_THAT(said, Contains(HasSubstr("at full speed the job ends at 2026-11-20T21:00Z")));
}

TEST_F(Runner, pauses_for_a_dirty_hour_on_request_only) {
  intensities = {100, 400, 100, 400, 400, 400, 400, 400};
  EXPECT_EQ(run(true), 0);
  EXPECT_THAT(host.log, ElementsAre("start 2026-11-20T12:00Z", "pause 2026-11-20T13:00Z",
                                    "resume 2026-11-20T14:00Z"));
  host.log.clear();
  host.clock_.today = kNoon;
  host.runs = 2h;
  EXPECT_EQ(run(false), 0);
  EXPECT_THAT(host.log, ElementsAre("start 2026-11-20T12:00Z"));
}

TEST_F(Runner, lets_a_paused_command_die_of_a_signal) {
  intensities = {100, 400, 100, 400, 400, 400, 400, 400};
  host.happenings.push_back({kNoon + 90min, RunEvent::Terminate});
  EXPECT_EQ(run(true), 143);
  EXPECT_THAT(host.log, ElementsAre("start 2026-11-20T12:00Z", "pause 2026-11-20T13:00Z",
                                    "resume 2026-11-20T13:30Z", "terminate"));
}

TEST_F(Runner, does_not_pause_what_takes_longer_than_planned) {
  intensities = {100, 100, 400, 100, 400, 400, 400, 400};
  host.runs = 5h;
  EXPECT_EQ(run(true), 0);
  EXPECT_THAT(host.log, ElementsAre("start 2026-11-20T12:00Z"));
}

TEST_F(Runner, keeps_room_for_the_longest_duration) {
  job.work_at_most = 6h;
  EXPECT_EQ(run(), 0);
  EXPECT_THAT(host.log, ElementsAre("start 2026-11-20T14:00Z"));
}

TEST_F(Runner, says_when_the_command_cannot_be_started) {
  host.startable = false;
  host.code = 127;
  EXPECT_EQ(run(), 127);
  EXPECT_THAT(said, Contains(HasSubstr("was not found or cannot be run")));
}

}  // namespace
}  // namespace greentrain
