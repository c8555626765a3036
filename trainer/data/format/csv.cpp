#include "trainer/data/format/csv.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "core/error.h"

namespace greentrain {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r";
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

/// Removes and returns what stands before the separator; all of it when there is none.
std::string_view take(std::string_view& text, char separator) {
  const std::string_view front = text.substr(0, text.find(separator));
  text.remove_prefix(std::min(front.size() + 1, text.size()));
  return front;
}

/// Infinite for what is a number, but too large or too small for one; none for what is no number.
std::optional<double> to_number(std::string_view field) {
  if (field.starts_with('+') && !field.starts_with("+-")) field.remove_prefix(1);
  double value = 0;
  const char* end = field.data() + field.size();
  const auto [stop, error] = std::from_chars(field.data(), end, value);
  if (stop != end || error == std::errc::invalid_argument) return std::nullopt;
  if (error == std::errc::result_out_of_range) return std::numeric_limits<double>::infinity();
  return value;
}

/// A field as an error shows it: short, and without bytes that would upset a terminal.
std::string shown(std::string_view field) {
  constexpr std::size_t kLongest = 40;
  std::string text(field.substr(0, kLongest));
  for (char& c : text) {
    if (c < ' ' || c > '~') c = '?';
  }
  return "'" + text + (field.size() > kLongest ? "...'" : "'");
}

class CsvParser {
 public:
  CsvParser(const RawFile& file, FloatRows& rows, std::optional<std::int64_t> features,
            std::int64_t targets)
      : name_(file.name),
        text_(file.bytes.data(), file.bytes.size()),
        rows_(rows),
        features_(features),
        targets_(targets) {
    if (!rows.shape.empty() && !features) columns_ = rows.shape[0] + answers();
  }

  void parse() {
    const std::size_t before = rows_.values.size();
    if (text_.starts_with(kByteOrderMark)) text_.remove_prefix(kByteOrderMark.size());
    for (bool first = true; !text_.empty();) {
      const std::string_view line = trimmed(take(text_, '\n'));
      ++line_;
      if (line.empty()) continue;
      check_columns(line);
      if (!first || !is_header(line)) append_row(line);
      first = false;
    }
    if (rows_.values.size() == before) {
      throw UsageError(
          fmt::format("{}: no sample, only {}; expected lines of numbers with the label last",
                      name_, line_ > 0 ? "a header or blank lines" : "an empty file"));
    }
    rows_.shape = {columns_ - (labelled_ ? answers() : 0)};
  }

 private:
  std::int64_t answers() const { return std::max<std::int64_t>(1, targets_); }  ///< Columns.

  void check_columns(std::string_view line) {
    const auto columns = 1 + std::ranges::count(line, ',');
    if (columns < 2 && features_ != columns) {
      throw error(
          fmt::format("{} has no comma, expected numbers separated by commas, the label "
                      "last",
                      shown(line)));
    }
    if (columns_ == 0) decide_columns(columns);
    if (columns != columns_) {
      throw error(
          fmt::format("{} columns, expected {} as in the rows before; complete or remove "
                      "the line",
                      columns, columns_));
    }
  }

  void decide_columns(std::int64_t columns) {
    labelled_ = features_ != columns;
    if (labelled_ && features_ && columns != *features_ + answers()) {
      throw error(fmt::format("{} columns, expected {} numbers as in training, or {} with the {}",
                              columns, *features_, *features_ + answers(),
                              targets_ > 0 ? "targets" : "label"));
    }
    if (columns <= targets_ && labelled_) {
      throw error(fmt::format("{} columns, expected more than data.targets, which is {}", columns,
                              targets_));
    }
    columns_ = columns;
  }

  static bool is_header(std::string_view line) {
    for (std::int64_t column = 0;; ++column) {
      const std::string_view field = trimmed(take(line, ','));
      const auto number = to_number(field);
      if (line.empty()) return !field.empty() && !number;
      if (number && *number != static_cast<double>(column)) return false;
    }
  }

  void append_row(std::string_view line) {
    const std::int64_t features = columns_ - (labelled_ ? answers() : 0);
    for (std::int64_t column = 1; column <= features; ++column) {
      rows_.values.push_back(to_value(trimmed(take(line, ',')), column));
    }
    if (!labelled_) return;
    if (targets_ == 0) rows_.labels.push_back(to_label(trimmed(line)));
    for (std::int64_t column = features + 1; column <= features + targets_; ++column) {
      rows_.targets.push_back(to_value(trimmed(take(line, ',')), column));
    }
  }

  float to_value(std::string_view field, std::int64_t column) const {
    const auto number = to_number(field);
    if (!number || !(std::abs(*number) <= std::numeric_limits<float>::max())) {
      throw error(fmt::format("column {} is {}, expected a {}; correct or remove the line", column,
                              shown(field), number ? "finite float32 number" : "number"));
    }
    return static_cast<float>(*number);
  }

  std::int64_t to_label(std::string_view field) const {
    const auto number = to_number(field);
    if (!number || !(*number >= 0 && *number <= kMaxCsvLabel) || *number != std::floor(*number)) {
      throw error(
          fmt::format("the label in the last column is {}, expected an integer from 0 to "
                      "{}; number the classes from 0",
                      shown(field), kMaxCsvLabel));
    }
    return static_cast<std::int64_t>(*number);
  }

  UsageError error(std::string_view what) const {
    return UsageError(fmt::format("{}:{}: {}", name_, line_, what));
  }

  std::string_view name_;
  std::string_view text_;  ///< What is still to be read.
  FloatRows& rows_;
  std::optional<std::int64_t> features_;
  std::int64_t targets_;
  std::int64_t columns_{0};  ///< The label included.
  bool labelled_{true};
  std::int64_t line_{0};
};

}  // namespace

void append_csv(const RawFile& file, FloatRows& rows, std::optional<std::int64_t> features,
                std::int64_t targets) {
  CsvParser(file, rows, features, targets).parse();
}

}  // namespace greentrain
