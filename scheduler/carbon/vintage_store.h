#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "core/sqlite.h"
#include "scheduler/carbon/series.h"

namespace greentrain {

/// The value of one slot as it stood at some moment.
struct PublishedValue {
  UtcTime start;
  std::chrono::seconds step;
  GramsPerKwh value;
  SeriesMethod method{SeriesMethod::Measured};  ///< Measured or Estimated, in observed().
  UtcTime retrieved_at;                         ///< When this value was first read here.
};

/// What a provider said about one slot first, and what it says now.
struct Restatement {
  PublishedValue first;
  PublishedValue last;
};

/// Every vintage ever retrieved, in one SQLite file that only grows: the database itself refuses to
/// change or delete a row, so the value a decision was made on can always be shown again.
/// Several processes may use one file; one object belongs to one thread.
class VintageStore {
 public:
  explicit VintageStore(const std::filesystem::path& file);  ///< Made where missing.

  /// Adds one vintage and returns its number, which plans cite. A vintage that is there already
  /// (same signal, method, generated_at and values) is not added again: its number is returned.
  std::int64_t append(const CarbonSeries& series);
  void append(const std::vector<CarbonSeries>& vintages);  ///< All of them, or none.

  /// The vintage with this number, as it was appended. Throws Error if there is none.
  CarbonSeries vintage(std::int64_t id) const;

  /// The newest vintage retrieved at or before `as_of`.
  std::optional<CarbonSeries> newest(const CarbonSignal& signal, SeriesMethod method,
                                     UtcTime as_of) const;

  /// What was known at `as_of` about the slots that start in [from, to), in order of start: the
  /// last measured value, or the last estimated one where nothing was measured. Forecasts never
  /// count.
  std::vector<PublishedValue> observed(const CarbonSignal& signal, UtcTime from, UtcTime to,
                                       UtcTime as_of) const;

  /// Every observed value of the slots that start in [from, to) and was retrieved by `as_of`,
  /// restated ones again, in order of start and then retrieval: to replay what was known when.
  std::vector<PublishedValue> published(const CarbonSignal& signal, UtcTime from, UtcTime to,
                                        UtcTime as_of) const;

  /// First and last observed value of each slot that starts in [from, to); equal if never restated.
  std::vector<Restatement> restatements(const CarbonSignal& signal, UtcTime from, UtcTime to) const;

  /// All vintages of one method retrieved in [from, to), oldest first: to score forecasts.
  std::vector<CarbonSeries> retrieved(const CarbonSignal& signal, SeriesMethod method, UtcTime from,
                                      UtcTime to) const;

  /// The signals with at least one vintage of `zone`, most recently retrieved first.
  std::vector<CarbonSignal> signals_of(const std::string& zone) const;

  /// True if this provider ever answered: a key that worked before is not refused for being wrong.
  bool has_answered(const std::string& provider) const;

 private:
  std::int64_t insert(const CarbonSeries& series);
  std::optional<std::int64_t> find_same(const CarbonSeries& series) const;

  SqliteDatabase database_;
};

}  // namespace greentrain
