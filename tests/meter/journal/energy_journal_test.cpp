#include "meter/journal/energy_journal.h"

#include <array>
#include <fstream>
#include <sys/wait.h>
#include <unistd.h>

#include <gmock/gmock.h>

#include "core/error.h"
#include "core/file.h"
#include "tests/fakes/test_folder.h"

namespace greentrain {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Energy measured(double joules) {
  return {.joules = {joules},
          .lo = {joules * 0.9},
          .hi = {joules * 1.1},
          .covered_fraction = 1,
          .quality = Quality::Measured};
}

JournalSegment segment(const std::string& id, std::int64_t attempt = 1) {
  return {.id = id,
          .node = "node0",
          .label = "digits",
          .attempt = attempt,
          .first_step = 0,
          .started_at = 1000.0 * static_cast<double>(attempt),
          .period = Seconds(10),
          .max_power = Watts{500}};
}

JournalRecord record(const std::string& id, std::int64_t number, RecordReason reason, double joules,
                     std::int64_t step) {
  JournalRecord record{.segment = id,
                       .number = number,
                       .reason = reason,
                       .written_at = 1000 + 10.0 * static_cast<double>(number),
                       .time = Seconds(10.0 * static_cast<double>(number)),
                       .step = step,
                       .energy = {},
                       .since_checkpoint = {}};
  record.energy.total = record.since_checkpoint = measured(joules);
  return record;
}

class Journal : public testing::Test {
 protected:
  std::filesystem::path file() const { return folder_ / "energy/node0.sqlite"; }
  std::vector<SegmentHistory> read() { return read_journals(file().parent_path(), problems_); }

  const TestFolder folder_;
  std::vector<std::string> problems_;
};

TEST_F(Journal, reads_back_the_last_record_and_every_checkpoint) {
  {
    EnergyJournal journal(file());
    journal.begin(segment("a"));
    journal.write(record("a", 1, RecordReason::Interval, 100, 5));
    journal.write(record("a", 2, RecordReason::Checkpoint, 200, 10));
    journal.write(record("a", 3, RecordReason::Interval, 300, 15));
  }
  const auto all = read();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].segment.label, "digits");
  EXPECT_EQ(all[0].segment.period, Seconds(10));
  EXPECT_EQ(all[0].last->number, 3);
  EXPECT_EQ(all[0].last->step, 15);
  EXPECT_EQ(all[0].last->energy.total.joules, Joules{300});
  EXPECT_EQ(all[0].last->energy.total.lo, Joules{270});
  EXPECT_EQ(all[0].checkpoint_step, 10);
  EXPECT_EQ(all[0].by_step.at(10).joules, Joules{200});
  EXPECT_THAT(problems_, ElementsAre());
}

TEST_F(Journal, keeps_one_of_the_records_that_a_period_asked_for) {
  EnergyJournal journal(file());
  journal.begin(segment("a"));
  for (int i = 1; i <= 1000; ++i) journal.write(record("a", i, RecordReason::Interval, i, i));
  SqliteDatabase database(file());
  auto rows = database.prepare("SELECT count(*) FROM record");
  ASSERT_TRUE(rows.step());
  EXPECT_EQ(rows.integer(0), 1);
  EXPECT_EQ(journal.segments().at(0).last->energy.total.joules, Joules{1000});
}

TEST_F(Journal, counts_a_record_once_however_often_it_is_written_and_in_whichever_file_it_lies) {
  for (const char* name : {"node0.sqlite", "copy.sqlite"}) {
    EnergyJournal journal(file().parent_path() / name);
    for (int again = 0; again < 2; ++again) {
      journal.begin(segment("a"));
      journal.write(record("a", 1, RecordReason::End, 100, 5));
    }
  }
  EnergyJournal(file()).write(record("a", 2, RecordReason::End, 130, 6));
  const auto all = read();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].last->energy.total.joules, Joules{130}) << "the later of both files";
}

TEST_F(Journal, sorts_segments_by_their_start) {
  EnergyJournal journal(file());
  journal.begin(segment("b", 2));
  journal.begin(segment("a", 1));
  const auto all = read();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].segment.id, "a");
  EXPECT_FALSE(all[0].last) << "cut off before its first record";
}

TEST_F(Journal, puts_a_damaged_file_aside_and_says_so) {
  std::filesystem::create_directories(file().parent_path());
  std::ofstream(file()) << std::string(5000, 'x');
  EnergyJournal journal(file());
  EXPECT_TRUE(journal.put_aside());
  journal.begin(segment("a"));
  EXPECT_EQ(journal.segments().size(), 1u);
  EXPECT_TRUE(std::filesystem::exists(file().string() + ".damaged"));
  EXPECT_EQ(read().size(), 1u);
  EXPECT_THAT(problems_, ElementsAre(HasSubstr("was damaged")));
}

TEST_F(Journal, keeps_every_file_that_was_damaged) {
  std::filesystem::create_directories(file().parent_path());
  for (const char* text : {"first", "second", "third"}) {
    std::ofstream(file()) << std::string(5000, 'x') << text;
    EXPECT_TRUE(EnergyJournal(file()).put_aside());
    std::filesystem::remove(file());
  }
  EXPECT_TRUE(read_file(file().string() + ".damaged").ends_with("first"));
  EXPECT_TRUE(read_file(file().string() + ".2.damaged").ends_with("second"));
  EXPECT_TRUE(read_file(file().string() + ".3.damaged").ends_with("third"));
  EXPECT_TRUE(read().empty());
  EXPECT_EQ(problems_.size(), 3u);
}

/// Damaged in its middle, so that SQLite opens it.
void make_damaged(const std::filesystem::path& file) {
  {
    EnergyJournal journal(file);
    for (int i = 0; i < 40; ++i) journal.begin(segment("segment-" + std::to_string(i)));
  }
  std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
  bytes.seekp(4096);
  bytes << std::string(8192, '\x7f');
}

/// A process that begins a segment in a file, together with others: all read from a pipe that is
/// closed when all are there.
pid_t begin_segment(const std::filesystem::path& file, const std::array<int, 2>& gate, int number) {
  const pid_t child = fork();
  if (child != 0) return child;
  close(gate[1]);
  char none = 0;
  const bool open = read(gate[0], &none, 1) == 0;
  try {
    EnergyJournal(file).begin(segment(std::to_string(number)));
  } catch (const std::exception&) {
    _exit(1);
  }
  _exit(open ? 0 : 1);
}

TEST_F(Journal, that_is_damaged_is_put_aside_once_by_processes_that_find_it_at_once) {
  constexpr int kProcesses = 6;
  make_damaged(file());
  const std::string damaged = read_file(file());
  for (int round = 1; round <= 10; ++round) {
    std::ofstream(file()) << damaged;
    std::array<int, 2> gate{};
    ASSERT_EQ(pipe(gate.data()), 0);
    std::vector<pid_t> children;
    for (int i = 0; i < kProcesses; ++i) children.push_back(begin_segment(file(), gate, i));
    close(gate[0]);
    close(gate[1]);
    for (const pid_t child : children) {
      int status = 0;
      waitpid(child, &status, 0);
      EXPECT_EQ(status, 0) << "round " << round;
    }
    problems_.clear();
    EXPECT_EQ(read().size(), kProcesses) << "round " << round;
    EXPECT_EQ(problems_.size(), round) << "one a round";
    for (const char* suffix : {"", "-wal", "-shm"}) {
      std::filesystem::remove(file().string() + suffix);
    }
  }
}

TEST_F(Journal, notices_damage_in_the_middle_of_a_file) {
  make_damaged(file());
  EXPECT_TRUE(EnergyJournal(file()).put_aside());
}

TEST_F(Journal, of_a_newer_version_is_left_alone) {
  SqliteDatabase(file()).execute("PRAGMA user_version = 99");
  EXPECT_THROW(EnergyJournal{file()}, Error);
  EXPECT_TRUE(read().empty());
  EXPECT_THAT(problems_, ElementsAre(HasSubstr("newer greentrain")));
}

TEST_F(Journal, of_another_machine_is_read_from_a_copy_with_its_log) {
  const std::filesystem::path proc = folder_ / "proc";
  std::filesystem::create_directories(proc / "sys/kernel/random");
  std::ofstream(proc / "sys/kernel/random/boot_id") << "0123456789abcdef\n";
  const auto folder = file().parent_path();
  EnergyJournal own(folder / journal_name("host", proc));
  EnergyJournal other(folder / "other-fedcba98.sqlite");  // Open: its log holds all there is.
  own.begin(segment("a", 1));
  other.begin(segment("b", 2));
  other.write(record("b", 1, RecordReason::Interval, 100, 5));
  std::ofstream(folder / "third-00000000.sqlite") << std::string(5000, 'x');
  const auto all = read_journals(folder, problems_, proc);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[1].last->energy.total.joules, Joules{100});
  EXPECT_THAT(problems_, ElementsAre(HasSubstr("third-00000000.sqlite: this journal was damaged")));
  EXPECT_TRUE(std::filesystem::exists(folder / "third-00000000.sqlite")) << "not ours to move";
  EXPECT_TRUE(std::filesystem::exists(folder / "host-01234567.sqlite"));
}

TEST_F(Journal, that_is_not_there_has_nothing_and_no_problem) {
  EXPECT_TRUE(read().empty());
  EXPECT_THAT(problems_, ElementsAre());
}

TEST_F(Journal, in_a_place_that_is_no_folder_throws_with_the_place) {
  std::ofstream(folder_ / "text") << "x";
  try {
    EnergyJournal journal(folder_ / "text/node0.sqlite");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("text"));
  }
}

}  // namespace
}  // namespace greentrain
