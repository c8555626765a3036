#include "meter/journal/journal_keeper.h"

#include <array>
#include <csignal>
#include <fstream>
#include <random>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include <gmock/gmock.h>

#include "meter/journal/run_energy.h"
#include "tests/fakes/manual_clock.h"
#include "tests/fakes/scripted_sensor.h"
#include "tests/fakes/test_folder.h"

namespace greentrain {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

/// A meter of one sensor of 20 W, read only when somebody asks.
class Keeper : public testing::Test {
 protected:
  Keeper() {
    options_.period = 24h;
    SensorSet set;
    set.node = "node0";
    set.sensors.push_back(std::make_unique<ScriptedSensor>(
        scripted_info("a"), clock_, [](Seconds time) { return Watts{20} * time; }));
    meter_ = std::make_unique<EnergyMeter>(std::move(set), options_, phases_, clock_);
    meter_->start();
  }

  std::unique_ptr<JournalKeeper> keep(std::filesystem::path file,
                                      std::chrono::milliseconds period = 24h) {
    JournalSegment segment = new_segment("node0", folder_ / "proc", clock_);
    segment.label = "run";
    return std::make_unique<JournalKeeper>(*meter_, std::move(file), segment, clock_, period);
  }
  std::filesystem::path file() const { return folder_ / "energy/node0.sqlite"; }
  SegmentHistory history() {
    std::vector<std::string> problems;
    const auto all = read_journals(file().parent_path(), problems);
    EXPECT_EQ(all.size(), 1u);
    EXPECT_THAT(problems, ElementsAre());
    return all.empty() ? SegmentHistory{} : all[0];
  }

  const TestFolder folder_;
  ManualClock clock_;
  PhaseTimer phases_{clock_};
  MeterOptions options_;
  std::unique_ptr<EnergyMeter> meter_;
};

TEST_F(Keeper, writes_the_end_with_the_whole_of_the_segment) {
  const auto keeper = keep(file());
  clock_.advance(5s);
  keeper->step_done(7);
  keeper->end(meter_->stop());
  EXPECT_FALSE(keeper->problem());
  const SegmentHistory segment = history();
  EXPECT_EQ(segment.last->reason, RecordReason::End);
  EXPECT_EQ(segment.last->step, 7);
  EXPECT_EQ(segment.last->energy.total.joules, Joules{100});
  EXPECT_EQ(segment.last->time, 5s);
  EXPECT_EQ(segment.segment.max_power, Watts{100});
  EXPECT_FALSE(lost_tail(segment, std::nullopt));
}

TEST_F(Keeper, counts_anew_what_would_be_repeated_from_each_checkpoint) {
  const auto keeper = keep(file());
  clock_.advance(5s);
  keeper->step_done(10);
  keeper->note(RecordReason::Checkpoint);
  clock_.advance(2s);
  keeper->step_done(14);
  keeper->note(RecordReason::Epoch);
  keeper->end(meter_->stop());
  const SegmentHistory segment = history();
  EXPECT_EQ(segment.checkpoint_step, 10);
  EXPECT_EQ(segment.by_step.at(10).joules, Joules{100});
  EXPECT_EQ(segment.last->since_checkpoint.joules, Joules{40});
  EXPECT_EQ(segment.last->energy.total.joules, Joules{140});
}

TEST_F(Keeper, leaves_out_epochs_that_end_within_a_second_of_the_last_record) {
  const auto keeper = keep(file());
  for (int epoch = 0; epoch < 100; ++epoch) {
    clock_.advance(50ms);
    keeper->note(RecordReason::Epoch);
  }
  keeper->end(meter_->stop());
  EXPECT_EQ(history().last->number, 6) << "5 s of epochs, and the end";
}

TEST_F(Keeper, that_goes_without_an_end_leaves_a_segment_that_was_cut_off) {
  {
    const auto keeper = keep(file());
    clock_.advance(5s);
    keeper->note(RecordReason::Epoch);
    std::vector<std::string> problems;
    while (true) {
      const auto all = read_journals(file().parent_path(), problems);
      if (!all.empty() && all[0].last) break;
      ASSERT_FALSE(keeper->problem()) << *keeper->problem();
      std::this_thread::sleep_for(10ms);
    }
  }
  EXPECT_TRUE(lost_tail(history(), std::nullopt));
}

TEST_F(Keeper, writes_by_itself_once_a_period) {
  const auto keeper = keep(file(), 20ms);
  std::vector<std::string> problems;
  while (true) {
    const auto all = read_journals(file().parent_path(), problems);
    if (!all.empty() && all[0].last && all[0].last->number > 1) break;
    ASSERT_FALSE(keeper->problem()) << *keeper->problem();
    std::this_thread::sleep_for(10ms);
  }
  EXPECT_EQ(history().last->reason, RecordReason::Interval);
}

TEST_F(Keeper, a_disk_that_cannot_be_written_is_a_problem_and_not_an_error) {
  std::ofstream(folder_ / "text") << "x";
  const auto keeper = keep(folder_ / "text/node0.sqlite");
  keeper->note(RecordReason::Epoch);
  keeper->end(meter_->stop());
  EXPECT_THAT(keeper->problem().value_or(""), HasSubstr("not up to date"));
}

TEST_F(Keeper, says_that_the_file_was_damaged_and_goes_on_with_a_new_one) {
  std::filesystem::create_directories(file().parent_path());
  std::ofstream(file()) << std::string(5000, 'x');
  const auto keeper = keep(file());
  keeper->note(RecordReason::Epoch);
  clock_.advance(5s);
  keeper->end(meter_->stop());
  EXPECT_THAT(keeper->problem().value_or(""), HasSubstr("was damaged"));
  std::vector<std::string> problems;
  const auto segments = read_journals(file().parent_path(), problems);
  ASSERT_EQ(segments.size(), 1u);
  EXPECT_EQ(segments[0].last->energy.total.joules, Joules{100});
}

TEST_F(Keeper, tries_again_with_the_next_record) {
  std::ofstream(folder_ / "energy") << "in the way";
  const auto keeper = keep(file());
  keeper->note(RecordReason::Epoch);
  while (!keeper->problem()) std::this_thread::yield();
  std::filesystem::remove(folder_ / "energy");
  clock_.advance(1s);
  keeper->end(meter_->stop());
  EXPECT_FALSE(keeper->problem());
  EXPECT_EQ(history().last->energy.total.joules, Joules{20});
}

constexpr double kWatts = 20;

/// A process that draws 20 W on a clock of its own, has a record on the disk every 10 s, and says
/// through a pipe how far it has come.
[[noreturn]] void meter_until_killed(const std::filesystem::path& file, int pipe) {
  EnergyJournal journal(file);
  JournalSegment segment{
      .id = "a", .node = "node0", .label = "", .period = 10s, .max_power = Watts{100}};
  journal.begin(segment);
  JournalRecord record;
  record.segment = "a";
  for (std::int64_t second = 1;; ++second) {
    if (write(pipe, &second, sizeof second) != sizeof second) _exit(1);
    if (second % 10 != 0) continue;
    const bool checkpoint = second % 50 == 0;
    record.number = second;
    record.reason = checkpoint ? RecordReason::Checkpoint : RecordReason::Interval;
    record.written_at = static_cast<double>(second);
    record.time = Seconds(static_cast<double>(second));
    record.step = second;
    Energy& total = record.energy.total;
    total.joules = total.lo = total.hi = record.time * Watts{kWatts};
    total.quality = Quality::Measured;
    record.since_checkpoint = total;
    journal.write(record);
  }
}

/// What it had drawn when it was killed, after a number of seconds of its clock.
double drawn_until_killed(const std::filesystem::path& file, int seconds) {
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) return -1;
  const pid_t child = fork();
  if (child == 0) meter_until_killed(file, ends[1]);
  close(ends[1]);
  std::int64_t second = 0;
  while (second < seconds && read(ends[0], &second, sizeof second) == sizeof second) continue;
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  while (read(ends[0], &second, sizeof second) == sizeof second) continue;
  close(ends[0]);
  return kWatts * static_cast<double>(second);
}

TEST(KilledJournal, loses_the_last_interval_at_most_and_its_bounds_hold_what_was_drawn) {
  std::mt19937 random(7);
  for (int round = 0; round < 30; ++round) {
    const TestFolder folder;
    const int seconds = std::uniform_int_distribution<int>(0, 400)(random);
    const double drawn = drawn_until_killed(folder / "energy/node0.sqlite", seconds);
    std::vector<std::string> problems;
    const auto segments = read_journals(folder / "energy", problems);
    EXPECT_THAT(problems, ElementsAre()) << "round " << round;
    PresentAttempt next{.number = 2, .first_step = 0, .started_at = 1e9, .energy = {}};
    next.energy.report.total.quality = Quality::Measured;
    if (segments.empty()) continue;  // Killed before it had anything to say.
    const EnergyReport whole = whole_run(segments, next);
    EXPECT_LE(whole.total.lo.value, drawn) << "round " << round;
    EXPECT_GE(whole.total.hi.value, drawn) << "round " << round;
    if (segments[0].last) {
      const double missing = drawn - segments[0].last->energy.total.joules.value;
      EXPECT_GE(missing, 0) << "round " << round;
      EXPECT_LE(missing, 20 * kWatts) << "round " << round;
    }
  }
}

}  // namespace
}  // namespace greentrain
