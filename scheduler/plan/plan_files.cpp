#include "scheduler/plan/plan_files.h"

#include <algorithm>
#include <initializer_list>
#include <optional>

#include <fmt/format.h>

#include "core/config/value_text.h"
#include "core/error.h"
#include "scheduler/carbon/feeds/csv_table.h"

namespace greentrain {
namespace {

constexpr double kLongest = 10 * 366 * 86400.0;  ///< s; ten years.
constexpr double kMostNodes = 1e6;

/// Short and without control characters, so that a file cannot write to somebody's terminal.
std::string printable(std::string text) {
  constexpr std::size_t kMost = 40;
  for (char& letter : text) {
    if (static_cast<unsigned char>(letter) < ' ' || letter == '\x7f') letter = '?';
  }
  return text.size() <= kMost ? text : text.substr(0, kMost) + "...";
}

/// The cells of a table by the name of their column.
class Columns {
 public:
  Columns(const std::string& source, std::string_view bytes)
      : source_(source), table_(parse(source, bytes)) {}

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
    throw UsageError(fmt::format("{}: line {}: no column {}", source_, table_.header_line(),
                                 fmt::join(names, " or ")));
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
    throw UsageError(fmt::format("{}: line {}: {} \"{}\", expected {}", source_, row.line,
                                 table_.header()[column], printable(text(row, column)), expected));
  }

  [[noreturn]] void refuse_empty(const std::string& expected) const {
    throw UsageError(fmt::format("{}: no row, expected {}", source_, expected));
  }

 private:
  /// A feed's fault says what it means for the zone's state; here nothing follows but the message.
  static CsvTable parse(const std::string& source, std::string_view bytes) {
    try {
      return CsvTable::parse({"file", source}, bytes);
    } catch (const FeedError& error) {
      const FeedFault& fault = error.fault();
      throw UsageError(
          fmt::format("{}: {}: {}, expected {}", source, fault.where, fault.found, fault.expected));
    }
  }

  const std::string& source_;
  CsvTable table_;
};

}  // namespace

std::vector<TraceJob> parse_job_trace(const std::string& source, std::string_view bytes) {
  const Columns columns(source, bytes);
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

std::vector<CapPoint> parse_cap_curve(const std::string& source, std::string_view bytes) {
  constexpr double kLeast = 0.01;
  constexpr double kMost = 1.5;
  constexpr double kMostOfMany = 1000;
  const Columns columns(source, bytes);
  const std::size_t cap = columns.at({"cap"});
  const std::size_t speed = columns.at({"speed"});
  const std::size_t power = columns.at({"power"});
  const auto workers = columns.find({"workers", "nodes"});
  const double most = workers ? kMostOfMany : kMost;
  std::vector<CapPoint> curve;
  for (const CsvTable::Row& row : columns.rows()) {
    curve.push_back({columns.number(row, cap, kLeast, kMost),
                     columns.number(row, speed, kLeast, most),
                     columns.number(row, power, kLeast, most)});
    if (workers) {
      curve.back().workers = static_cast<int>(columns.number(row, *workers, 1, kMostNodes));
    }
  }
  if (curve.empty()) columns.refuse_empty("a cap in each row");
  return curve;
}

}  // namespace greentrain
