#include "meter/journal/energy_journal.h"

#include <fstream>

#include <gmock/gmock.h>

#include "core/error.h"
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

TEST_F(Journal, notices_damage_in_the_middle_of_a_file) {
  {
    EnergyJournal journal(file());
    for (int i = 0; i < 200; ++i) journal.begin(segment("segment-" + std::to_string(i)));
  }
  {
    std::fstream bytes(file(), std::ios::in | std::ios::out | std::ios::binary);
    bytes.seekp(4096);
    bytes << std::string(8192, '\x7f');
  }
  EXPECT_TRUE(EnergyJournal(file()).put_aside());
}

TEST_F(Journal, of_a_newer_version_is_left_alone) {
  SqliteDatabase(file()).execute("PRAGMA user_version = 99");
  EXPECT_THROW(EnergyJournal{file()}, Error);
  EXPECT_TRUE(read().empty());
  EXPECT_THAT(problems_, ElementsAre(HasSubstr("newer greentrain")));
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
