#include "scheduler/plan/plan_files.h"

#include <algorithm>
#include <initializer_list>
#include <optional>

#include <fmt/format.h>

#include "core/config/value_text.h"
#include "scheduler/carbon/feeds/csv_table.h"

namespace greentrain {
namespace {

constexpr double kLongest = 10 * 366 * 86400.0;  ///< s; ten years.
constexpr double kMostNodes = 1e6;

/// The cells of a table by the name of their column.
class Columns {
 public:
  Columns(const AnswerOrigin& origin, std::string_view bytes)
      : origin_(origin), table_(CsvTable::parse(origin, bytes)) {}

  const std::vector<CsvTable::Row>& rows() const { return table_.rows(); }

  /// The first of these columns that is there.
  std::optional<std::size_t> find(std::initializer_list<std::string_view> names) const {
    for (const std::string_view name : names) {
      const auto& header = table_.header();
      const auto found = std::find(header.begin(), header.end(), name);
      if (found != header.end()) return static_cast<std::size_t>(found - header.begin());
    }
    return std::nullopt;
  }

  std::size_t at(std::initializer_list<std::string_view> names) const {
    if (const auto column = find(names)) return *column;
    complain(origin_, FaultKind::Malformed, fmt::format("line {}", table_.header_line()),
             fmt::format("columns {}", fmt::join(table_.header(), ", ")),
             fmt::format("a column {}", fmt::join(names, " or ")));
  }

  const std::string& text(const CsvTable::Row& row, std::size_t column) const {
    return row.fields[column];
  }

  /// A number in (or at) `low` to `high`.
  double number(const CsvTable::Row& row, std::size_t column, double low, double high) const {
    double value = 0;
    if (parse_value(text(row, column), value) || value < low || value > high) {
      refuse(row, column, fmt::format("a number from {} to {}", low, high));
    }
    return value;
  }

  [[noreturn]] void refuse(const CsvTable::Row& row, std::size_t column,
                           const std::string& expected) const {
    complain(origin_, FaultKind::Malformed,
             fmt::format("line {}: {}", row.line, table_.header()[column]), text(row, column),
             expected);
  }

  [[noreturn]] void refuse_empty(const std::string& expected) const {
    complain(origin_, FaultKind::Malformed, "", "no row", expected);
  }

 private:
  const AnswerOrigin& origin_;
  CsvTable table_;
};

}  // namespace

std::vector<TraceJob> parse_job_trace(const AnswerOrigin& origin, std::string_view bytes) {
  const Columns columns(origin, bytes);
  const std::size_t arrival = columns.at({"arrival_time", "arrival"});
  const bool dates = !columns.find({"arrival_time"});
  const std::size_t length = columns.at({"length", "duration_s"});
  const auto nodes = columns.find({"nodes", "gpus", "cpus"});
  std::vector<TraceJob> jobs;
  for (const CsvTable::Row& row : columns.rows()) {
    TraceJob job;
    if (dates) {
      const auto date = parse_utc(columns.text(row, arrival));
      if (!date) columns.refuse(row, arrival, "a date such as 2026-11-20T12:00Z");
      job.arrival = date->time_since_epoch();
    } else {
      job.arrival = Seconds{columns.number(row, arrival, 0, kLongest)};
    }
    job.length = Seconds{columns.number(row, length, 1, kLongest)};
    if (nodes) job.nodes = static_cast<int>(columns.number(row, *nodes, 1, kMostNodes));
    jobs.push_back(job);
  }
  if (jobs.empty()) columns.refuse_empty("a job in each row");
  std::stable_sort(jobs.begin(), jobs.end(),
                   [](const auto& a, const auto& b) { return a.arrival < b.arrival; });
  const Seconds first = jobs.front().arrival;
  for (TraceJob& job : jobs) job.arrival -= first;
  return jobs;
}

std::vector<CapPoint> parse_cap_curve(const AnswerOrigin& origin, std::string_view bytes) {
  constexpr double kLeast = 0.01;
  constexpr double kMost = 1.5;
  const Columns columns(origin, bytes);
  const std::size_t cap = columns.at({"cap"});
  const std::size_t speed = columns.at({"speed"});
  const std::size_t power = columns.at({"power"});
  std::vector<CapPoint> curve;
  for (const CsvTable::Row& row : columns.rows()) {
    curve.push_back({columns.number(row, cap, kLeast, kMost),
                     columns.number(row, speed, kLeast, kMost),
                     columns.number(row, power, kLeast, kMost)});
  }
  if (curve.empty()) columns.refuse_empty("a cap in each row");
  return curve;
}

}  // namespace greentrain
