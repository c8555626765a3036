#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "core/clock.h"
#include "meter/energy_meter.h"
#include "meter/journal/energy_journal.h"

namespace greentrain {

/// A segment for this process that begins now.
JournalSegment new_segment(const std::string& node, const std::filesystem::path& proc,
                           const Clock& clock);

/// Writes down what a meter has measured, once a period and when told to, on a thread of its own:
/// no disk makes anybody wait but end(). A record that cannot be written is tried again with the
/// next one, and problem() says so. All methods may be called from any thread.
class JournalKeeper {
 public:
  /// `meter` has started, and outlives it, as does `clock`. The file is opened with the first
  /// record.
  JournalKeeper(EnergyMeter& meter, std::filesystem::path file, JournalSegment segment,
                const Clock& clock, std::chrono::milliseconds period);
  ~JournalKeeper();  ///< Without a record of the end: as if the process had been killed.
  JournalKeeper(const JournalKeeper&) = delete;
  JournalKeeper& operator=(const JournalKeeper&) = delete;

  void step_done(std::int64_t step);  ///< For the next record. Costs nothing.
  /// Takes a reading now and has it written; an epoch's end within a second of the last is left
  /// out. From a checkpoint on, what a resumed run would have to repeat is counted anew.
  void note(RecordReason reason);
  /// Waits until all records are written or `patience` is over; `last` says what the whole segment
  /// came to. Call once, last.
  void end(const EnergyReport& last, std::chrono::milliseconds patience = std::chrono::seconds(5));

  const JournalSegment& segment() const;
  bool begun() const;  ///< A record was made.
  /// What a report must say of the file: why the last record is not in it, if it is not; that it
  /// was damaged when it was opened.
  std::optional<std::string> problem() const;

 private:
  struct State;
  std::shared_ptr<State> state_;  ///< Shared with the thread, which a dead disk may hold for ever.
};

}  // namespace greentrain
