#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/sqlite.h"
#include "core/units.h"
#include "meter/energy_report.h"

namespace greentrain {

/// One metering process on one node, from its start to its end.
struct JournalSegment {
  std::string id;  ///< The same nowhere else: boot, process and date.
  std::string node;
  std::string label;           ///< A run's name, or a command.
  std::int64_t attempt{1};     ///< How often the run was started so far, this time included.
  std::int64_t first_step{0};  ///< Steps that were done when it began.
  double started_at{0};        ///< Seconds since 1970, UTC.
  Seconds period{0};           ///< Between two records, at most.
  Watts max_power;             ///< More than all its sensors together can see drawn.
};

enum class RecordReason { Interval, Epoch, Checkpoint, End };
std::string to_string(RecordReason reason);  ///< "interval", ...

/// What a segment had measured at one moment, since its start.
struct JournalRecord {
  std::string segment;
  std::int64_t number{0};  ///< Within the segment, from 1.
  RecordReason reason{RecordReason::Interval};
  double written_at{0};  ///< Seconds since 1970, UTC.
  Seconds time{0};       ///< Since the segment's start.
  std::int64_t step{0};  ///< Steps of the run that were done.
  EnergyReport energy;
  Energy since_checkpoint;  ///< Since the segment's last checkpoint, or its start.
};

/// All that is left to know of a segment.
struct SegmentHistory {
  JournalSegment segment;
  std::optional<JournalRecord> last;       ///< None: it was cut off before the first.
  std::int64_t checkpoint_step{0};         ///< Where `last->since_checkpoint` begins.
  std::map<std::int64_t, Energy> by_step;  ///< Energy since its start, at its checkpoints.
};

/// The records of a node's segments in a SQLite file with a write-ahead log, on the disk before
/// write() returns: a process may be killed and a machine lose power at any moment. One thread.
/// Everything that fails throws Error with the file.
class EnergyJournal {
 public:
  /// Opens or makes it. A damaged file is kept beside it as FILE.damaged, further ones as
  /// FILE.2.damaged and so on; see put_aside(). Any number of processes may do this at once.
  explicit EnergyJournal(const std::filesystem::path& file);

  bool put_aside() const { return put_aside_; }  ///< The file was damaged: what it held is unknown.

  void begin(const JournalSegment& segment);  ///< Before its first record; again: changes nothing.
  /// Of the records that only a period asked for, the latest is kept. A record that is there
  /// already counts once.
  void write(const JournalRecord& record);

  std::vector<SegmentHistory> segments() const;  ///< In the order of their start.

 private:
  std::unique_ptr<SqliteDatabase> open(const std::filesystem::path& file);
  bool put_aside_{false};
  std::unique_ptr<SqliteDatabase> database_;
};

/// HOST-BOOT.sqlite, for the journal of this machine since its boot in a folder that others may
/// share: SQLite needs memory that all who have a file open share. `proc`: the machine's /proc.
std::string journal_name(const std::string& host, const std::filesystem::path& proc);

/// What all journals of a folder say, each segment once, whichever files hold it. Files that cannot
/// be read are named in `problems`. Without the folder there is nothing. Where other machines may
/// write meanwhile, `proc` is given, and only the file of this boot is opened itself, the others as
/// copies.
std::vector<SegmentHistory> read_journals(
    const std::filesystem::path& folder, std::vector<std::string>& problems,
    const std::optional<std::filesystem::path>& proc = std::nullopt);

}  // namespace greentrain
