#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/error.h"

struct sqlite3;
struct sqlite3_stmt;

namespace greentrain {

/// The file is no database, or a damaged one.
class DamagedDatabase : public Error {
  using Error::Error;
};

/// One prepared SQL statement; must not outlive its database. Columns and parameters count from 1
/// in bind() and from 0 in the readers, as in SQLite. Every failure throws Error with the file and
/// the SQL. Not thread-safe.
class SqliteStatement {
 public:
  SqliteStatement(SqliteStatement&&) noexcept;
  ~SqliteStatement();

  SqliteStatement& bind(int parameter, std::int64_t value);
  SqliteStatement& bind(int parameter, double value);
  SqliteStatement& bind(int parameter, std::string_view value);
  SqliteStatement& bind_null(int parameter);

  bool step();  ///< True if a row is there to be read; false at the end, and then it may be reused.
  void run();   ///< Steps to the end, passing over rows, and makes the statement ready for reuse.

  std::int64_t integer(int column) const;
  double real(int column) const;
  std::string text(int column) const;
  bool null(int column) const;

 private:
  friend class SqliteDatabase;
  SqliteStatement(sqlite3_stmt* statement, std::string file);
  void check(int result) const;

  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  std::string file_;
};

/// One connection to a SQLite file with a write-ahead log, so that readers and one writer in other
/// processes do not wait for each other. Owned by one thread; every failure throws Error with the
/// file and the SQL.
class SqliteDatabase {
 public:
  /// Opens, and creates where missing, the file and its folder. Waits up to 5 s for another writer.
  explicit SqliteDatabase(const std::filesystem::path& file);
  ~SqliteDatabase();

  /// Makes the tables of a new file, and notes `version` of their layout in it. A file that has
  /// that version is not written to; one of a later version throws Error. Any number of processes
  /// may do this at once.
  void use_layout(std::int64_t version, const std::string& tables);

  const std::string& file() const { return file_; }
  void execute(const std::string& sql);  ///< One or more statements without parameters or rows.
  SqliteStatement prepare(std::string_view sql) const;
  std::int64_t last_row_id() const;

 private:
  struct Close {
    void operator()(sqlite3* connection) const;
  };
  void write_ahead();
  std::int64_t layout() const;

  std::string file_;
  std::unique_ptr<sqlite3, Close> connection_;
};

/// All or nothing: what is executed while it lives is undone unless commit() was called.
class SqliteTransaction {
 public:
  explicit SqliteTransaction(SqliteDatabase& database);  ///< Takes the write lock at once.
  SqliteTransaction(const SqliteTransaction&) = delete;
  SqliteTransaction& operator=(const SqliteTransaction&) = delete;
  ~SqliteTransaction();
  void commit();

 private:
  SqliteDatabase& database_;
  bool open_{true};
};

}  // namespace greentrain
