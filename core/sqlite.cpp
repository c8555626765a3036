#include "core/sqlite.h"

#include <utility>

#include <fmt/format.h>
#include <sqlite3.h>

#include "core/error.h"

namespace greentrain {
namespace {

constexpr int kBusyTimeoutMs = 5000;
constexpr int kRetryMs = 5;

[[noreturn]] void fail(const std::string& file, std::string_view sql, sqlite3* connection) {
  const std::string message =
      fmt::format("{}: {}, while running \"{}\"", file, sqlite3_errmsg(connection), sql);
  const int code = sqlite3_errcode(connection);
  if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB) throw DamagedDatabase(message);
  throw Error(message);
}

sqlite3* open(const std::string& file) {
  sqlite3* connection = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  if (sqlite3_open_v2(file.c_str(), &connection, flags, nullptr) == SQLITE_OK) return connection;
  const std::string reason = connection == nullptr ? "out of memory" : sqlite3_errmsg(connection);
  sqlite3_close(connection);
  throw Error(fmt::format("{}: {}; expected a SQLite database or a place where one can be made",
                          file, reason));
}

void make_parent(const std::filesystem::path& file) {
  if (!file.has_parent_path()) return;
  std::error_code failure;
  std::filesystem::create_directories(file.parent_path(), failure);
  if (failure) {
    throw Error(fmt::format("{}: cannot make this folder: {}", file.parent_path().string(),
                            failure.message()));
  }
}

}  // namespace

SqliteStatement::SqliteStatement(sqlite3_stmt* statement, std::string file)
    : statement_(statement), file_(std::move(file)) {}
SqliteStatement::SqliteStatement(SqliteStatement&&) noexcept = default;
SqliteStatement::~SqliteStatement() = default;

void SqliteStatement::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

void SqliteStatement::check(int result) const {
  if (result == SQLITE_OK) return;
  fail(file_, sqlite3_sql(statement_.get()), sqlite3_db_handle(statement_.get()));
}

SqliteStatement& SqliteStatement::bind(int parameter, std::int64_t value) {
  check(sqlite3_bind_int64(statement_.get(), parameter, value));
  return *this;
}

SqliteStatement& SqliteStatement::bind(int parameter, double value) {
  check(sqlite3_bind_double(statement_.get(), parameter, value));
  return *this;
}

SqliteStatement& SqliteStatement::bind(int parameter, std::string_view value) {
  // An empty view may have no address, and SQLite reads a null address as NULL.
  const char* text = value.data() == nullptr ? "" : value.data();
  check(sqlite3_bind_text64(statement_.get(), parameter, text, value.size(), SQLITE_TRANSIENT,
                            SQLITE_UTF8));
  return *this;
}

SqliteStatement& SqliteStatement::bind_null(int parameter) {
  check(sqlite3_bind_null(statement_.get(), parameter));
  return *this;
}

bool SqliteStatement::step() {
  const int result = sqlite3_step(statement_.get());
  if (result == SQLITE_ROW) return true;
  check(sqlite3_reset(statement_.get()));
  return false;
}

void SqliteStatement::run() {
  while (step()) continue;
}

std::int64_t SqliteStatement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

double SqliteStatement::real(int column) const {
  return sqlite3_column_double(statement_.get(), column);
}

std::string SqliteStatement::text(int column) const {
  const unsigned char* text = sqlite3_column_text(statement_.get(), column);
  if (text == nullptr) return {};
  return {reinterpret_cast<const char*>(text),
          static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

bool SqliteStatement::null(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

SqliteDatabase::SqliteDatabase(const std::filesystem::path& file) : file_(file.string()) {
  make_parent(file);
  connection_.reset(open(file_));
  sqlite3_busy_timeout(connection_.get(), kBusyTimeoutMs);
  write_ahead();
  execute("PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;");
}

/// Two connections that both change a new file's mode would wait for each other for ever, so SQLite
/// refuses one of them at once, whatever the time-out.
void SqliteDatabase::write_ahead() {
  const char* sql = "PRAGMA journal_mode = WAL";
  for (int waited = 0;; waited += sqlite3_sleep(kRetryMs)) {
    const int result = sqlite3_exec(connection_.get(), sql, nullptr, nullptr, nullptr);
    if (result == SQLITE_OK) return;
    if (result != SQLITE_BUSY || waited >= kBusyTimeoutMs) fail(file_, sql, connection_.get());
  }
}

SqliteDatabase::~SqliteDatabase() = default;

void SqliteDatabase::Close::operator()(sqlite3* connection) const { sqlite3_close(connection); }

void SqliteDatabase::execute(const std::string& sql) {
  if (sqlite3_exec(connection_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    fail(file_, sql, connection_.get());
  }
}

SqliteStatement SqliteDatabase::prepare(std::string_view sql) const {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(connection_.get(), sql.data(), static_cast<int>(sql.size()), &statement,
                         nullptr) != SQLITE_OK) {
    fail(file_, sql, connection_.get());
  }
  return {statement, file_};
}

std::int64_t SqliteDatabase::layout() const {
  SqliteStatement version = prepare("PRAGMA user_version");
  version.step();
  return version.integer(0);
}

void SqliteDatabase::use_layout(std::int64_t version, const std::string& tables) {
  const std::int64_t found = layout();
  if (found > version) {
    throw Error(
        fmt::format("{} was written by a newer greentrain (layout {}, this one reads up to "
                    "{}); use that one, or name another file",
                    file_, found, version));
  }
  if (found == version) return;
  // The write lock comes first: a statement that reads before it writes may be refused at once.
  SqliteTransaction all(*this);
  if (layout() == version) return;
  execute(tables);
  execute(fmt::format("PRAGMA user_version = {}", version));
  all.commit();
}

std::int64_t SqliteDatabase::last_row_id() const {
  return sqlite3_last_insert_rowid(connection_.get());
}

SqliteTransaction::SqliteTransaction(SqliteDatabase& database) : database_(database) {
  database_.execute("BEGIN IMMEDIATE");
}

SqliteTransaction::~SqliteTransaction() {
  if (!open_) return;
  try {
    database_.execute("ROLLBACK");
  } catch (const Error&) {
    // SQLite has already rolled back, as it does by itself after a full disk.
  }
}

void SqliteTransaction::commit() {
  database_.execute("COMMIT");
  open_ = false;
}

}  // namespace greentrain
