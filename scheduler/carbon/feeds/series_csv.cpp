#include "scheduler/carbon/feeds/series_csv.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "scheduler/carbon/feeds/csv_table.h"
#include "scheduler/carbon/feeds/feed_protocol.h"
#include "scheduler/carbon/feeds/series_builder.h"

namespace greentrain {
namespace {

constexpr double kPoundsPerMwh = 0.45359237;  ///< In g/kWh.

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

/// Grams per kWh in one of a unit; empty if it is no unit of carbon intensity.
std::optional<double> grams_in(const std::string& unit) {
  const std::string name = lower(unit);
  if (name == "lbs_co2_per_mwh") return kPoundsPerMwh;
  for (const char* grams : {"g/kwh", "gco2/kwh", "gco2e/kwh", "gco2eq/kwh", "g_per_kwh"}) {
    if (name == grams) return 1.0;
  }
  return std::nullopt;
}

/// Which field of a row is what.
struct Columns {
  std::size_t time;
  NaiveTime naive{NaiveTime::Refuse};
  std::size_t value;
  double grams{1.0};
  EmissionBasis basis{EmissionBasis::Unstated};
  SignalKind kind{SignalKind::Average};
  std::optional<std::size_t> zone, unit, fetched_at, forecast_at;
};

class CsvReader {
 public:
  CsvReader(const AnswerOrigin& origin, const SeriesFileQuery& query, std::string_view bytes)
      : origin_(origin), query_(query), table_(CsvTable::parse(origin, bytes)) {
    find_columns();
    apply_notes();
  }

  FeedAnswer read() {
    const bool one_vintage = !columns_.fetched_at && !columns_.forecast_at;
    const auto step = one_vintage ? step_note() : step_of_all_rows();
    FeedAnswer answer;
    for (auto& [known_at, rows] : vintages()) {
      SeriesBuilder builder(origin_, signal_, method(), step);
      builder.believe_jumps();
      for (const CsvTable::Row* row : rows) {
        builder.add(time(*row, columns_.time), value(*row), line(*row));
      }
      try {
        append_to(answer, builder.build(known_at, known_at));
      } catch (const FeedError& error) {
        if (one_vintage) throw;
        answer.faults.push_back(error.fault());  // One bad poll does not spoil the others.
      }
    }
    return answer;
  }

 private:
  static std::string line(const CsvTable::Row& row) { return fmt::format("line {}", row.line); }

  [[noreturn]] void refuse_header(const std::string& found, const std::string& expected) const {
    complain(origin_, FaultKind::Malformed, fmt::format("line {}", table_.header_line()), found,
             expected);
  }

  std::optional<std::size_t> find(std::initializer_list<std::string_view> names) const {
    for (std::size_t column = 0; column < table_.header().size(); ++column) {
      const std::string header = lower(table_.header()[column]);
      if (std::find(names.begin(), names.end(), header) != names.end()) return column;
    }
    return std::nullopt;
  }

  void find_columns() {
    const auto time = find({"time", "datetime (utc)", "datetime", "timestamp", "start", "from",
                            "time_utc", "point_time"});
    if (!time) {
      refuse_header(fmt::format("the columns {}", fmt::join(table_.header(), ", ")),
                    "one named time, datetime (UTC), timestamp, start or from");
    }
    columns_.time = *time;
    if (contains(lower(table_.header()[*time]), "utc")) columns_.naive = NaiveTime::IsUtc;
    columns_.zone = find({"zone", "zone id", "region"});
    columns_.unit = find({"unit", "units"});
    columns_.fetched_at = find({"fetched_at", "retrieved_at"});
    columns_.forecast_at = find({"forecast_at", "generated_at"});
    find_value_column();
  }

  static EmissionBasis basis_of(const std::string& header) {
    if (contains(header, "lca") || contains(header, "life")) return EmissionBasis::Lifecycle;
    if (contains(header, "direct")) return EmissionBasis::Direct;
    return EmissionBasis::Unstated;
  }

  void find_value_column() {
    std::map<EmissionBasis, std::size_t> found;
    for (std::size_t column = 0; column < table_.header().size(); ++column) {
      const std::string header = lower(table_.header()[column]);
      if (header.starts_with("gco2") || header.starts_with("carbon intensity") ||
          header.starts_with("carbon_intensity") || header == "lbs_co2_per_mwh" ||
          header == "co2_moer" || (header == "value" && columns_.unit)) {
        found.emplace(basis_of(header), column);
      }
    }
    const auto pick = query_.basis ? found.find(*query_.basis) : default_of(found);
    if (pick == found.end()) refuse_values(found.empty());
    columns_.value = pick->second;
    columns_.basis = pick->first;
    const std::string header = lower(table_.header()[pick->second]);
    if (header == "lbs_co2_per_mwh" || header == "co2_moer") {
      columns_.kind = SignalKind::Marginal;
      columns_.grams = kPoundsPerMwh;
    }
    // The simulator of "Let's Wait Awhile" (Wiesner et al., 2021) writes UTC under this header.
    if (table_.header()[columns_.time] == "Time" && header == "carbon intensity") {
      columns_.naive = NaiveTime::IsUtc;
    }
  }

  static std::map<EmissionBasis, std::size_t>::iterator default_of(
      std::map<EmissionBasis, std::size_t>& found) {
    const auto lifecycle = found.find(EmissionBasis::Lifecycle);
    return lifecycle != found.end() ? lifecycle : found.begin();
  }

  [[noreturn]] void refuse_values(bool none) const {
    refuse_header(fmt::format("the columns {}", fmt::join(table_.header(), ", ")),
                  none ? "one named gco2_per_kwh, carbon_intensity or lbs_co2_per_mwh"
                       : fmt::format("one of basis {}", enum_name(*query_.basis)));
  }

  template <class Enum>
  void apply_note(const std::string& name, Enum& setting) const {
    const auto note = table_.note(name);
    if (!note) return;
    const auto& names = enum_names<Enum>;
    const auto found = std::find(names.begin(), names.end(), *note);
    if (found == names.end()) {
      complain(origin_, FaultKind::Malformed, fmt::format("# {}", name),
               fmt::format("\"{}\"", *note), fmt::format("{}", fmt::join(names, ", ")));
    }
    setting = static_cast<Enum>(found - names.begin());
  }

  void apply_notes() {
    apply_note("kind", columns_.kind);
    apply_note("basis", columns_.basis);
    apply_note("method", method_);
    signal_ = {table_.note("zone").value_or(query_.zone), columns_.kind, columns_.basis,
               origin_.provider};
    check_zone("# zone", signal_.zone);
    if (query_.basis && *query_.basis != columns_.basis) {
      complain(origin_, FaultKind::Suspect, "# basis", std::string(enum_name(columns_.basis)),
               std::string(enum_name(*query_.basis)));
    }
    if (const auto unit = table_.note("unit")) set_unit("# unit", *unit);
  }

  void check_zone(const std::string& where, const std::string& zone) const {
    if (query_.zone.empty() || zone == query_.zone) return;
    complain(origin_, FaultKind::Suspect, where, "zone " + zone, "zone " + query_.zone);
  }

  void set_unit(const std::string& where, const std::string& unit) {
    const std::optional<double> grams = grams_in(unit);
    if (!grams) complain(origin_, FaultKind::Suspect, where, "unit " + unit, "gCO2eq/kWh");
    if (unit_seen_ && *unit_seen_ != unit) {
      complain(origin_, FaultKind::Suspect, where, "unit " + unit, *unit_seen_ + " as before");
    }
    unit_seen_ = unit;
    columns_.grams = *grams;
  }

  std::optional<std::chrono::seconds> step_note() const {
    const auto note = table_.note("step_s");
    if (!note) return std::nullopt;
    long seconds = 0;
    const auto [rest, error] = std::from_chars(note->data(), note->data() + note->size(), seconds);
    if (error != std::errc{} || rest != note->data() + note->size()) {
      complain(origin_, FaultKind::Malformed, "# step_s", fmt::format("\"{}\"", *note),
               "whole seconds, such as 1800");
    }
    return std::chrono::seconds{seconds};
  }

  SeriesMethod method() const { return columns_.forecast_at ? SeriesMethod::Forecast : method_; }

  UtcTime time(const CsvTable::Row& row, std::size_t column) const {
    const std::string& text = row.fields[column];
    if (const auto time = parse_utc(text, columns_.naive)) return *time;
    const bool naive = parse_utc(text, NaiveTime::IsUtc).has_value();
    complain(origin_, FaultKind::Malformed, line(row),
             fmt::format("{} \"{}\"{}", table_.header()[column], text,
                         naive ? ", which names no time zone" : ""),
             naive ? "a Z or an offset, or a column named time_utc"
                   : "a date such as 2026-11-20T12:00Z");
  }

  std::optional<GramsPerKwh> value(const CsvTable::Row& row) {
    if (columns_.zone) check_zone(line(row), row.fields[*columns_.zone]);
    if (columns_.unit) set_unit(line(row), row.fields[*columns_.unit]);
    const std::string& text = row.fields[columns_.value];
    if (text.empty()) return std::nullopt;
    double number = 0.0;
    const char* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc{} || rest != end || !(number - number == 0.0)) {
      complain(origin_, FaultKind::Malformed, line(row),
               fmt::format("{} \"{}\"", table_.header()[columns_.value], text),
               "a number, or an empty field where the value is not known");
    }
    return GramsPerKwh{number * columns_.grams};
  }

  /// The rows of each vintage under the time at which it was known.
  std::map<UtcTime, std::vector<const CsvTable::Row*>> vintages() const {
    const auto column = columns_.fetched_at ? columns_.fetched_at : columns_.forecast_at;
    std::map<UtcTime, std::vector<const CsvTable::Row*>> groups;
    for (const CsvTable::Row& row : table_.rows()) {
      const UtcTime known_at = column ? time(row, *column) : query_.now;
      groups[known_at].push_back(&row);
    }
    return groups;
  }

  /// A poll may hold one row: the shortest distance between two slots of the file is the step.
  std::optional<std::chrono::seconds> step_of_all_rows() const {
    std::set<UtcTime> starts;
    for (const CsvTable::Row& row : table_.rows()) starts.insert(time(row, columns_.time));
    std::optional<std::chrono::seconds> step;
    for (auto start = starts.begin(); start != starts.end(); ++start) {
      const auto next = std::next(start);
      if (next != starts.end() && (!step || *next - *start < *step)) step = *next - *start;
    }
    return step;
  }

  const AnswerOrigin& origin_;
  const SeriesFileQuery& query_;
  CsvTable table_;
  Columns columns_{};
  SeriesMethod method_{SeriesMethod::Measured};
  CarbonSignal signal_;
  std::optional<std::string> unit_seen_;
};

}  // namespace

FeedAnswer parse_series_csv(const AnswerOrigin& origin, const SeriesFileQuery& query,
                            std::string_view bytes) {
  return CsvReader(origin, query, bytes).read();
}

}  // namespace greentrain
