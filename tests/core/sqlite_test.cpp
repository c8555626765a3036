#include "core/sqlite.h"

#include <fstream>
#include <functional>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "tests/fakes/test_folder.h"

namespace greentrain {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

/// A new file in a folder that does not exist yet.
class Sqlite : public ::testing::Test {
 protected:
  static std::string failure(const std::function<void()>& act) {
    try {
      act();
      return "no failure";
    } catch (const Error& error) {
      return error.what();
    }
  }

  const TestFolder folder_;
  const std::filesystem::path file_ = folder_ / "a/b.sqlite";
};

TEST_F(Sqlite, reads_back_what_was_written_by_another_connection) {
  SqliteDatabase writer(file_);
  writer.execute("CREATE TABLE t (i INTEGER, r REAL, s TEXT, n TEXT)");
  writer.prepare("INSERT INTO t VALUES (?, ?, ?, ?)")
      .bind(1, std::int64_t{1} << 40)
      .bind(2, 0.1)
      .bind(3, std::string_view("a\0b", 3))
      .bind_null(4)
      .run();
  EXPECT_EQ(writer.last_row_id(), 1);

  SqliteDatabase reader(file_);
  SqliteStatement rows = reader.prepare("SELECT i, r, s, n FROM t");
  ASSERT_TRUE(rows.step());
  EXPECT_EQ(rows.integer(0), std::int64_t{1} << 40);
  EXPECT_EQ(rows.real(1), 0.1);
  EXPECT_EQ(rows.text(2), std::string("a\0b", 3));
  EXPECT_TRUE(rows.null(3));
  EXPECT_FALSE(rows.step());
}

TEST_F(Sqlite, makes_a_new_file_once_however_many_open_it_at_the_same_time) {
  for (int round = 0; round < 10; ++round) {
    const std::filesystem::path file = folder_ / (std::to_string(round) + ".sqlite");
    std::vector<std::string> failures(4);
    std::vector<std::thread> threads;
    for (std::string& reason : failures) {
      threads.emplace_back([&] {
        reason = failure([&] {
          SqliteDatabase database(file);
          database.use_layout(1, "CREATE TABLE a (i INTEGER); CREATE TABLE b (i INTEGER)");
          database.execute("INSERT INTO b VALUES (1)");
        });
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_THAT(failures, ::testing::Each("no failure"));
    SqliteDatabase database(file);
    SqliteStatement count = database.prepare("SELECT count(*) FROM b");
    ASSERT_TRUE(count.step());
    EXPECT_EQ(count.integer(0), 4);
  }
}

TEST_F(Sqlite, refuses_a_newer_layout) {
  SqliteDatabase database(file_);
  database.use_layout(3, "");
  database.use_layout(3, "CREATE TABLE a (i INTEGER)");  // It is there: nothing is done.
  EXPECT_THAT(failure([&] { database.prepare("SELECT * FROM a"); }), HasSubstr("no such table"));
  EXPECT_THAT(failure([&] { database.use_layout(2, ""); }),
              HasSubstr("newer greentrain (layout 3, this one reads up to 2)"));
}

TEST_F(Sqlite, keeps_an_empty_text_apart_from_null) {
  SqliteDatabase database(file_);
  SqliteStatement row = database.prepare("SELECT ?");
  row.bind(1, std::string_view());
  ASSERT_TRUE(row.step());
  EXPECT_FALSE(row.null(0));
}

TEST_F(Sqlite, undoes_a_transaction_that_was_not_committed) {
  SqliteDatabase database(file_);
  database.execute("CREATE TABLE t (i INTEGER)");
  {
    SqliteTransaction undone(database);
    database.execute("INSERT INTO t VALUES (1)");
  }
  {
    SqliteTransaction kept(database);
    database.execute("INSERT INTO t VALUES (2)");
    kept.commit();
  }
  SqliteStatement sum = database.prepare("SELECT SUM(i) FROM t");
  ASSERT_TRUE(sum.step());
  EXPECT_EQ(sum.integer(0), 2);
}

TEST_F(Sqlite, names_the_file_and_the_statement_that_failed) {
  SqliteDatabase database(file_);
  EXPECT_THAT(failure([&] { database.execute("SELECT * FROM absent"); }),
              AllOf(HasSubstr("b.sqlite"), HasSubstr("no such table"),
                    HasSubstr("\"SELECT * FROM absent\"")));
  EXPECT_THAT(failure([&] { database.prepare("SELEC"); }), HasSubstr("\"SELEC\""));
  database.execute("CREATE TABLE t (i INTEGER CHECK (i > 0))");
  EXPECT_THAT(failure([&] { database.prepare("INSERT INTO t VALUES (0)").run(); }),
              AllOf(HasSubstr("CHECK constraint failed"), HasSubstr("INSERT INTO t")));
}

TEST_F(Sqlite, says_when_the_file_is_not_a_database) {
  std::filesystem::create_directories(file_.parent_path());
  std::ofstream(file_) << "this is a text file, and a long one, so that it cannot be a header";
  EXPECT_THAT(failure([&] { SqliteDatabase database(file_); }),
              AllOf(HasSubstr("b.sqlite"), HasSubstr("not a database")));
}

TEST_F(Sqlite, says_when_there_is_no_place_for_the_file) {
  std::ofstream(folder_ / "a") << "a file where a folder is needed";
  EXPECT_THAT(failure([&] { SqliteDatabase database(file_); }), HasSubstr("cannot make"));
}

}  // namespace
}  // namespace greentrain
