#include "scheduler/carbon/feeds/csv_table.h"

#include <algorithm>

#include <fmt/format.h>

namespace greentrain {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::string line_name(std::size_t line) { return fmt::format("line {}", line); }

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// Takes the next line without its end.
std::string_view take_line(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

/// Takes a field in quotes, in which "" stands for one quote, up to the quote that ends it.
std::optional<std::string> take_quoted(std::string_view& rest) {
  std::string field;
  for (std::size_t at = 1; at < rest.size(); ++at) {
    if (rest[at] != '"') {
      field += rest[at];
    } else if (at + 1 < rest.size() && rest[at + 1] == '"') {
      field += rest[at++];
    } else {
      rest.remove_prefix(at + 1);
      return field;
    }
  }
  return std::nullopt;
}

/// The fields of one line; empty if a quote is not closed or is followed by more text.
std::optional<std::vector<std::string>> split(std::string_view line, char separator) {
  std::vector<std::string> fields;
  for (;;) {
    if (!line.empty() && line.front() == '"') {
      const std::optional<std::string> field = take_quoted(line);
      if (!field || (!line.empty() && line.front() != separator)) return std::nullopt;
      fields.push_back(*field);
    } else {
      fields.emplace_back(trimmed(line.substr(0, line.find(separator))));
      line.remove_prefix(std::min(line.find(separator), line.size()));
    }
    if (line.empty()) return fields;
    line.remove_prefix(1);
  }
}

}  // namespace

CsvTable CsvTable::parse(const AnswerOrigin& origin, std::string_view bytes) {
  CsvTable table;
  if (bytes.starts_with(kByteOrderMark)) bytes.remove_prefix(kByteOrderMark.size());
  char separator = ',';
  for (std::size_t number = 1; !bytes.empty(); ++number) {
    const std::string_view line = take_line(bytes);
    if (trimmed(line).empty()) continue;
    if (table.header_.empty() && line.front() == '#') {
      const std::size_t colon = std::min(line.find(':'), line.size());
      table.notes_[std::string(trimmed(line.substr(1, colon - 1)))] =
          std::string(trimmed(line.substr(std::min(colon + 1, line.size()))));
      continue;
    }
    if (table.header_.empty() && line.find(',') == std::string_view::npos) separator = ';';
    const auto fields = split(line, separator);
    if (!fields) {
      complain(origin, FaultKind::Malformed, line_name(number), "a quote out of place",
               "quotes around a whole field");
    }
    if (table.header_.empty()) {
      table.header_ = *fields;
      table.header_line_ = number;
      continue;
    }
    if (fields->size() != table.header_.size()) {
      complain(origin, FaultKind::Malformed, line_name(number),
               fmt::format("{} field(s)", fields->size()),
               fmt::format("{}, as in the header", table.header_.size()));
    }
    table.rows_.push_back({number, *fields});
  }
  if (table.header_.empty()) {
    complain(origin, FaultKind::Malformed, "", "no header", "such as time,gco2_per_kwh");
  }
  return table;
}

std::optional<std::string> CsvTable::note(const std::string& name) const {
  const auto found = notes_.find(name);
  return found == notes_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace greentrain
