#include "scheduler/carbon/vintage_store.h"

#include <algorithm>
#include <map>
#include <string_view>

#include <fmt/format.h>

#include "core/error.h"

namespace greentrain {
namespace {

constexpr int kSchemaVersion = 1;

constexpr const char* kSchema = R"sql(
CREATE TABLE IF NOT EXISTS vintage (
  id           INTEGER PRIMARY KEY,
  zone         TEXT NOT NULL,
  kind         TEXT NOT NULL CHECK (kind IN ('average', 'marginal')),
  basis        TEXT NOT NULL CHECK (basis IN ('unstated', 'direct', 'lifecycle')),
  provider     TEXT NOT NULL,
  method       TEXT NOT NULL,
  generated_at INTEGER NOT NULL,  -- Unix seconds, UTC, as all times here.
  retrieved_at INTEGER NOT NULL,
  start        INTEGER NOT NULL,
  step_s       INTEGER NOT NULL CHECK (step_s > 0),
  slots        INTEGER NOT NULL CHECK (slots > 0)
) STRICT;
CREATE INDEX IF NOT EXISTS vintage_by_signal
  ON vintage (zone, kind, basis, provider, method, retrieved_at);
CREATE INDEX IF NOT EXISTS vintage_by_publication ON vintage (generated_at, start, zone);
CREATE TABLE IF NOT EXISTS published (  -- A slot that is not known has no row.
  vintage       INTEGER NOT NULL REFERENCES vintage (id),
  start         INTEGER NOT NULL,
  grams_per_kwh REAL NOT NULL CHECK (grams_per_kwh > 0),
  PRIMARY KEY (vintage, start)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS vintage_is_never_changed BEFORE UPDATE ON vintage
  BEGIN SELECT RAISE(ABORT, 'vintages are append-only'); END;
CREATE TRIGGER IF NOT EXISTS vintage_is_never_deleted BEFORE DELETE ON vintage
  BEGIN SELECT RAISE(ABORT, 'vintages are append-only'); END;
CREATE TRIGGER IF NOT EXISTS published_is_never_changed BEFORE UPDATE ON published
  BEGIN SELECT RAISE(ABORT, 'vintages are append-only'); END;
CREATE TRIGGER IF NOT EXISTS published_is_never_deleted BEFORE DELETE ON published
  BEGIN SELECT RAISE(ABORT, 'vintages are append-only'); END;
)sql";

/// The columns that read_vintage() expects, in its order.
constexpr std::string_view kVintageColumns =
    "id, zone, kind, basis, provider, method, generated_at, retrieved_at, start, step_s, slots";
constexpr std::string_view kSameSignal = "zone = ?1 AND kind = ?2 AND basis = ?3 AND provider = ?4";

std::int64_t to_unix(UtcTime time) { return time.time_since_epoch().count(); }
UtcTime from_unix(std::int64_t seconds) { return UtcTime{std::chrono::seconds{seconds}}; }

template <class Enum>
Enum enum_named(const std::string& file, const std::string& name) {
  for (std::size_t number = 0; number < enum_names<Enum>.size(); ++number) {
    if (enum_names<Enum>[number] == name) return static_cast<Enum>(number);
  }
  throw Error(
      fmt::format("{}: \"{}\" where one of {} was expected; was the file written by a newer "
                  "greensched?",
                  file, name, fmt::join(enum_names<Enum>, ", ")));
}

void bind_signal(SqliteStatement& statement, const CarbonSignal& signal) {
  statement.bind(1, signal.zone)
      .bind(2, enum_name(signal.kind))
      .bind(3, enum_name(signal.basis))
      .bind(4, signal.provider);
}

CarbonSignal read_signal(const std::string& file, const SqliteStatement& row, int column) {
  return {row.text(column), enum_named<SignalKind>(file, row.text(column + 1)),
          enum_named<EmissionBasis>(file, row.text(column + 2)), row.text(column + 3)};
}

CarbonSeries read_vintage(const SqliteDatabase& database, const SqliteStatement& row) {
  CarbonSeriesFields fields;
  fields.signal = read_signal(database.file(), row, 1);
  fields.method = enum_named<SeriesMethod>(database.file(), row.text(5));
  fields.generated_at = from_unix(row.integer(6));
  fields.retrieved_at = from_unix(row.integer(7));
  fields.start = from_unix(row.integer(8));
  fields.step = std::chrono::seconds{row.integer(9)};
  fields.values.resize(static_cast<std::size_t>(row.integer(10)));
  SqliteStatement values =
      database.prepare("SELECT start, grams_per_kwh FROM published WHERE vintage = ?");
  values.bind(1, row.integer(0));
  while (values.step()) {
    const auto slot = (from_unix(values.integer(0)) - fields.start) / fields.step;
    fields.values.at(static_cast<std::size_t>(slot)) = GramsPerKwh{values.real(1)};
  }
  return CarbonSeries(std::move(fields));
}

/// All observed values of the slots in a span, as (slot start, then retrieval) order.
template <class Visitor>
void visit_observed(const SqliteDatabase& database, const CarbonSignal& signal, UtcTime from,
                    UtcTime to, UtcTime as_of, Visitor visit) {
  SqliteStatement rows = database.prepare(
      fmt::format("SELECT p.start, v.step_s, p.grams_per_kwh, v.method, v.retrieved_at "
                  "FROM vintage v JOIN published p ON p.vintage = v.id WHERE {} "
                  "AND v.method IN ('measured', 'estimated') AND v.retrieved_at <= ?5 "
                  "AND v.start < ?7 AND v.start + v.step_s * v.slots > ?6 "
                  "AND p.start >= ?6 AND p.start < ?7 ORDER BY p.start, v.retrieved_at, v.id",
                  kSameSignal));
  bind_signal(rows, signal);
  rows.bind(5, to_unix(as_of)).bind(6, to_unix(from)).bind(7, to_unix(to));
  while (rows.step()) {
    visit(PublishedValue{from_unix(rows.integer(0)), std::chrono::seconds{rows.integer(1)},
                         GramsPerKwh{rows.real(2)},
                         enum_named<SeriesMethod>(database.file(), rows.text(3)),
                         from_unix(rows.integer(4))});
  }
}

bool is_same_value(const PublishedValue& a, const PublishedValue& b) {
  return a.value == b.value && a.method == b.method && a.step == b.step;
}

/// Whether `later` replaces `earlier` of the same slot: an estimate never replaces a measurement.
bool replaces(const PublishedValue& later, const PublishedValue& earlier) {
  return !is_same_value(later, earlier) && later.method <= earlier.method;
}

}  // namespace

VintageStore::VintageStore(const std::filesystem::path& file) : database_(file) {
  database_.use_layout(kSchemaVersion, kSchema);
}

std::optional<std::int64_t> VintageStore::find_same(const CarbonSeries& series) const {
  SqliteStatement rows = database_.prepare(fmt::format(
      // SQLite would take the other index, on which all vintages of a signal look alike.
      "SELECT {} FROM vintage INDEXED BY vintage_by_publication "
      "WHERE {} AND method = ?5 AND generated_at = ?6 AND start = ?7 "
      "AND step_s = ?8 AND slots = ?9",
      kVintageColumns, kSameSignal));
  bind_signal(rows, series.signal());
  rows.bind(5, enum_name(series.method()))
      .bind(6, to_unix(series.generated_at()))
      .bind(7, to_unix(series.start()))
      .bind(8, series.step().count())
      .bind(9, static_cast<std::int64_t>(series.size()));
  while (rows.step()) {
    if (read_vintage(database_, rows).values() == series.values()) return rows.integer(0);
  }
  return std::nullopt;
}

std::int64_t VintageStore::append(const CarbonSeries& series) {
  SqliteTransaction all(database_);
  const std::int64_t id = insert(series);
  all.commit();
  return id;
}

void VintageStore::append(const std::vector<CarbonSeries>& vintages) {
  SqliteTransaction all(database_);
  for (const CarbonSeries& series : vintages) insert(series);
  all.commit();
}

std::int64_t VintageStore::insert(const CarbonSeries& series) {
  if (const std::optional<std::int64_t> same = find_same(series)) return *same;
  SqliteStatement vintage = database_.prepare(
      "INSERT INTO vintage (zone, kind, basis, provider, method, generated_at, retrieved_at, "
      "start, "
      "step_s, slots) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)");
  bind_signal(vintage, series.signal());
  vintage.bind(5, enum_name(series.method()))
      .bind(6, to_unix(series.generated_at()))
      .bind(7, to_unix(series.retrieved_at()))
      .bind(8, to_unix(series.start()))
      .bind(9, series.step().count())
      .bind(10, static_cast<std::int64_t>(series.size()))
      .run();
  const std::int64_t id = database_.last_row_id();
  SqliteStatement value = database_.prepare("INSERT INTO published VALUES (?, ?, ?)");
  for (std::size_t slot = 0; slot < series.size(); ++slot) {
    if (!series.values()[slot]) continue;
    value.bind(1, id)
        .bind(2, to_unix(series.start_of(slot)))
        .bind(3, series.values()[slot]->value)
        .run();
  }
  return id;
}

CarbonSeries VintageStore::vintage(std::int64_t id) const {
  SqliteStatement row =
      database_.prepare(fmt::format("SELECT {} FROM vintage WHERE id = ?", kVintageColumns));
  row.bind(1, id);
  if (!row.step()) throw Error(fmt::format("{}: no vintage {}", database_.file(), id));
  return read_vintage(database_, row);
}

std::optional<CarbonSeries> VintageStore::newest(const CarbonSignal& signal, SeriesMethod method,
                                                 UtcTime as_of) const {
  SqliteStatement row = database_.prepare(
      fmt::format("SELECT {} FROM vintage WHERE {} AND method = ?5 AND retrieved_at <= ?6 "
                  "ORDER BY retrieved_at DESC, id DESC LIMIT 1",
                  kVintageColumns, kSameSignal));
  bind_signal(row, signal);
  row.bind(5, enum_name(method)).bind(6, to_unix(as_of));
  if (!row.step()) return std::nullopt;
  return read_vintage(database_, row);
}

std::vector<PublishedValue> VintageStore::observed(const CarbonSignal& signal, UtcTime from,
                                                   UtcTime to, UtcTime as_of) const {
  std::vector<PublishedValue> known;
  visit_observed(database_, signal, from, to, as_of, [&](const PublishedValue& value) {
    if (known.empty() || known.back().start != value.start) {
      known.push_back(value);
    } else if (replaces(value, known.back())) {
      known.back() = value;
    }
  });
  return known;
}

std::vector<PublishedValue> VintageStore::published(const CarbonSignal& signal, UtcTime from,
                                                    UtcTime to, UtcTime as_of) const {
  std::vector<PublishedValue> values;
  visit_observed(database_, signal, from, to, as_of, [&](const PublishedValue& value) {
    const bool same_slot = !values.empty() && values.back().start == value.start;
    if (!same_slot || replaces(value, values.back())) values.push_back(value);
  });
  return values;
}

std::vector<Restatement> VintageStore::restatements(const CarbonSignal& signal, UtcTime from,
                                                    UtcTime to) const {
  std::vector<Restatement> slots;
  visit_observed(database_, signal, from, to, UtcTime::max(), [&](const PublishedValue& value) {
    if (slots.empty() || slots.back().first.start != value.start) {
      slots.push_back({value, value});
    } else if (replaces(value, slots.back().last)) {
      slots.back().last = value;
    }
  });
  return slots;
}

std::vector<CarbonSeries> VintageStore::retrieved(const CarbonSignal& signal, SeriesMethod method,
                                                  UtcTime from, UtcTime to) const {
  SqliteStatement rows = database_.prepare(
      fmt::format("SELECT {} FROM vintage WHERE {} AND method = ?5 AND retrieved_at >= ?6 AND "
                  "retrieved_at < ?7 ORDER BY retrieved_at, id",
                  kVintageColumns, kSameSignal));
  bind_signal(rows, signal);
  rows.bind(5, enum_name(method)).bind(6, to_unix(from)).bind(7, to_unix(to));
  std::vector<CarbonSeries> vintages;
  while (rows.step()) vintages.push_back(read_vintage(database_, rows));
  return vintages;
}

std::vector<CarbonSignal> VintageStore::signals_of(const std::string& zone) const {
  SqliteStatement rows = database_.prepare(
      "SELECT zone, kind, basis, provider FROM vintage WHERE zone = ? "
      "GROUP BY zone, kind, basis, provider ORDER BY MAX(retrieved_at) DESC, MAX(id) DESC");
  rows.bind(1, zone);
  std::vector<CarbonSignal> signals;
  while (rows.step()) signals.push_back(read_signal(database_.file(), rows, 0));
  return signals;
}

bool VintageStore::has_answered(const std::string& provider) const {
  SqliteStatement row = database_.prepare("SELECT 1 FROM vintage WHERE provider = ? LIMIT 1");
  row.bind(1, provider);
  return row.step();
}

}  // namespace greentrain
