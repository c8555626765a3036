#include "meter/journal/energy_journal.h"

#include <algorithm>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "meter/small_file.h"

namespace greentrain {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kVersion = 1;

constexpr const char* kTables = R"(
CREATE TABLE IF NOT EXISTS segment (
  id TEXT PRIMARY KEY, node TEXT NOT NULL, label TEXT NOT NULL, attempt INTEGER NOT NULL,
  first_step INTEGER NOT NULL, started_at REAL NOT NULL, period_s REAL NOT NULL,
  max_w REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS record (
  segment TEXT NOT NULL REFERENCES segment (id), number INTEGER NOT NULL, reason TEXT NOT NULL,
  written_at REAL NOT NULL, time_s REAL NOT NULL, step INTEGER NOT NULL, energy TEXT NOT NULL,
  since_checkpoint TEXT NOT NULL, PRIMARY KEY (segment, number)) WITHOUT ROWID;
)";

std::string text_of(const EnergyReport& report) { return to_json(report).dump(); }

RecordReason reason_from(const std::string& name) {
  for (const auto reason :
       {RecordReason::Interval, RecordReason::Epoch, RecordReason::Checkpoint}) {
    if (to_string(reason) == name) return reason;
  }
  return RecordReason::End;
}

JournalRecord record_from(const SqliteStatement& row, const std::string& segment) {
  return {.segment = segment,
          .number = row.integer(0),
          .reason = reason_from(row.text(1)),
          .written_at = row.real(2),
          .time = Seconds(row.real(3)),
          .step = row.integer(4),
          .energy = energy_report_from_json(nlohmann::json::parse(row.text(5))),
          .since_checkpoint = energy_from_json(nlohmann::json::parse(row.text(6)))};
}

void add_records(const SqliteDatabase& database, SegmentHistory& history) {
  history.checkpoint_step = history.segment.first_step;
  auto rows = database.prepare(
      "SELECT number, reason, written_at, time_s, step, energy, since_checkpoint FROM record "
      "WHERE segment = ? ORDER BY number");
  rows.bind(1, history.segment.id);
  while (rows.step()) {
    history.last = record_from(rows, history.segment.id);
    if (history.last->reason != RecordReason::Checkpoint) continue;
    history.checkpoint_step = history.last->step;
    history.by_step[history.last->step] = history.last->energy.total;
  }
}

std::string damaged(const fs::path& file) {
  return file.string() + ": this journal was damaged; what it held is not in the total";
}

bool later(const SegmentHistory& a, const SegmentHistory& b) {
  return a.last && (!b.last || a.last->number > b.last->number);
}

using FileId = std::pair<dev_t, ino_t>;

std::optional<FileId> id_of(const fs::path& file) {
  struct stat status {};
  if (stat(file.c_str(), &status) != 0) return std::nullopt;
  return FileId{status.st_dev, status.st_ino};
}

/// FILE.damaged, or FILE.2.damaged and so on beside earlier ones.
std::string free_name(const fs::path& file) {
  std::string name = file.string() + ".damaged";
  for (int number = 2; fs::exists(name); ++number) {
    name = file.string() + "." + std::to_string(number) + ".damaged";
  }
  return name;
}

void move_aside(const fs::path& file) {
  const std::string to = free_name(file);
  for (const char* suffix : {"-wal", "-shm", ""}) {
    std::error_code none;
    fs::rename(file.string() + suffix, to + suffix, none);
  }
}

/// One process at a time opens and checks a file of a folder: of those that find it damaged, the
/// first puts it aside and the others see the new one. Network file systems may have no such lock.
class FolderLock {
 public:
  explicit FolderLock(const fs::path& folder)
      : folder_(::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    if (folder_ >= 0) flock(folder_, LOCK_EX);
  }
  ~FolderLock() {
    if (folder_ >= 0) ::close(folder_);
  }
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int folder_;
};

std::string new_folder() {
  std::string folder = (fs::temp_directory_path() / "greentrain-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) throw Error(folder + ": cannot make this folder");
  return folder;
}

/// A copy of a file that another machine may have open.
class CopiedJournal {
 public:
  explicit CopiedJournal(const fs::path& original)
      : CopiedJournal(new_folder(), original.filename()) {
    // The log first: what it holds may move to the file meanwhile, and never back.
    std::error_code none;
    fs::copy_file(original.string() + "-wal", file().string() + "-wal", none);
    fs::copy_file(original, file());
  }
  ~CopiedJournal() {
    std::error_code none;
    fs::remove_all(folder_, none);
  }
  CopiedJournal(const CopiedJournal&) = delete;
  CopiedJournal& operator=(const CopiedJournal&) = delete;

  fs::path file() const { return folder_ / name_; }

 private:
  CopiedJournal(fs::path folder, fs::path name)
      : folder_(std::move(folder)), name_(std::move(name)) {}
  fs::path folder_;
  fs::path name_;
};

using Segments = std::map<std::string, SegmentHistory>;

void add_journal(const fs::path& opened, const fs::path& file, Segments& by_id,
                 std::vector<std::string>& problems) {
  const EnergyJournal journal(opened);
  if (journal.put_aside()) problems.push_back(damaged(file));
  for (SegmentHistory& history : journal.segments()) {
    SegmentHistory& known = by_id[history.segment.id];
    if (known.segment.id.empty() || later(history, known)) known = std::move(history);
  }
}

}  // namespace

std::string to_string(RecordReason reason) {
  switch (reason) {
    case RecordReason::Interval:
      return "interval";
    case RecordReason::Epoch:
      return "epoch";
    case RecordReason::Checkpoint:
      return "checkpoint";
    case RecordReason::End:
      return "end";
  }
  return "";
}

EnergyJournal::EnergyJournal(const fs::path& file) : database_(open(file)) {
  // FULL, so that a record is on the disk and not only in the write-ahead log's cache.
  database_->execute("PRAGMA synchronous = FULL");
  database_->use_layout(kVersion, kTables);
}

std::unique_ptr<SqliteDatabase> EnergyJournal::open(const fs::path& file) {
  const FolderLock one_at_a_time(file.parent_path());
  const auto id = id_of(file);
  try {
    auto database = std::make_unique<SqliteDatabase>(file);
    auto check = database->prepare("PRAGMA quick_check(1)");
    if (check.step() && check.text(0) == "ok") return database;
  } catch (const DamagedDatabase&) {
    // Below.
  }
  put_aside_ = true;
  if (id_of(file) == id) move_aside(file);  // Else another process did.
  return std::make_unique<SqliteDatabase>(file);
}

void EnergyJournal::begin(const JournalSegment& segment) {
  database_->prepare("INSERT OR IGNORE INTO segment VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
      .bind(1, segment.id)
      .bind(2, segment.node)
      .bind(3, segment.label)
      .bind(4, segment.attempt)
      .bind(5, segment.first_step)
      .bind(6, segment.started_at)
      .bind(7, segment.period.count())
      .bind(8, segment.max_power.value)
      .run();
}

void EnergyJournal::write(const JournalRecord& record) {
  SqliteTransaction transaction(*database_);
  database_->prepare("INSERT OR IGNORE INTO record VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
      .bind(1, record.segment)
      .bind(2, record.number)
      .bind(3, to_string(record.reason))
      .bind(4, record.written_at)
      .bind(5, record.time.count())
      .bind(6, record.step)
      .bind(7, text_of(record.energy))
      .bind(8, to_json(record.since_checkpoint).dump())
      .run();
  database_->prepare("DELETE FROM record WHERE segment = ? AND number < ? AND reason = 'interval'")
      .bind(1, record.segment)
      .bind(2, record.number)
      .run();
  transaction.commit();
}

std::vector<SegmentHistory> EnergyJournal::segments() const {
  std::vector<SegmentHistory> all;
  auto rows = database_->prepare(
      "SELECT id, node, label, attempt, first_step, started_at, period_s, max_w FROM segment "
      "ORDER BY started_at, id");
  while (rows.step()) {
    SegmentHistory history;
    history.segment = {.id = rows.text(0),
                       .node = rows.text(1),
                       .label = rows.text(2),
                       .attempt = rows.integer(3),
                       .first_step = rows.integer(4),
                       .started_at = rows.real(5),
                       .period = Seconds(rows.real(6)),
                       .max_power = Watts{rows.real(7)}};
    add_records(*database_, history);
    all.push_back(std::move(history));
  }
  return all;
}

std::string journal_name(const std::string& host, const fs::path& proc) {
  const auto boot = read_small_file(proc / "sys/kernel/random/boot_id").value_or(host);
  return host + "-" + boot.substr(0, 8) + ".sqlite";
}

std::vector<SegmentHistory> read_journals(const fs::path& folder,
                                          std::vector<std::string>& problems,
                                          const std::optional<fs::path>& proc) {
  Segments by_id;
  for (const fs::path& file : list_folder(folder)) {
    if (file.extension() == ".damaged") problems.push_back(damaged(file));
    if (file.extension() != ".sqlite") continue;
    try {
      if (!proc || file.filename().string().ends_with(journal_name("", *proc))) {
        add_journal(file, file, by_id, problems);
      } else {
        add_journal(CopiedJournal(file).file(), file, by_id, problems);
      }
    } catch (const std::exception& error) {  // Not SQLite's alone: a record may hold no JSON.
      problems.push_back(std::string("energy journal: ") + error.what());
    }
  }
  std::vector<SegmentHistory> all;
  for (auto& [id, history] : by_id) all.push_back(std::move(history));
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return a.segment.started_at < b.segment.started_at;
  });
  return all;
}

}  // namespace greentrain
