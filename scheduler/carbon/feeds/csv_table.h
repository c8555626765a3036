#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/carbon/feeds/json_node.h"

namespace greentrain {

/// A CSV file with a header, separated by ',' or ';' (whichever the header has), fields optionally
/// in double quotes. Lines `# name: value` before the header are its notes.
class CsvTable {
 public:
  struct Row {
    std::size_t line;  ///< In the file, from 1.
    std::vector<std::string> fields;
  };

  /// Throws FeedError, Malformed, with the line if there is no header, a row has another number of
  /// fields than the header, or a quote is not closed.
  static CsvTable parse(const AnswerOrigin& origin, std::string_view bytes);

  std::optional<std::string> note(const std::string& name) const;
  const std::vector<std::string>& header() const { return header_; }
  std::size_t header_line() const { return header_line_; }
  const std::vector<Row>& rows() const { return rows_; }

 private:
  std::map<std::string, std::string> notes_;
  std::vector<std::string> header_;
  std::size_t header_line_{0};
  std::vector<Row> rows_;
};

}  // namespace greentrain
