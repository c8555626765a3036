#include "meter/reference_table.h"

#include "core/error.h"

namespace greentrain {
namespace {

std::vector<std::string> split_cells(std::string_view line) {
  std::vector<std::string> cells(1);
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    const bool doubled = c == '"' && i + 1 < line.size() && line[i + 1] == '"';
    if (quoted && doubled) {
      cells.back() += line[++i];
    } else if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      cells.emplace_back();
    } else {
      cells.back() += c;
    }
  }
  return cells;
}

}  // namespace

std::vector<std::vector<std::string>> parse_reference_table(std::string_view csv) {
  std::vector<std::vector<std::string>> rows;
  std::size_t columns = 0;
  int number = 0;
  while (!csv.empty()) {
    const std::size_t end = std::min(csv.find('\n'), csv.size());
    const std::string_view line = csv.substr(0, end);
    csv.remove_prefix(std::min(end + 1, csv.size()));
    ++number;
    if (line.empty() || line.front() == '#') continue;
    std::vector<std::string> cells = split_cells(line);
    if (columns == 0) {
      columns = cells.size();
    } else if (cells.size() != columns) {
      throw Error("line " + std::to_string(number) + " of the table has " +
                  std::to_string(cells.size()) + " cells, expected " + std::to_string(columns));
    } else {
      rows.push_back(std::move(cells));
    }
  }
  return rows;
}

}  // namespace greentrain
