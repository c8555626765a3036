#include "trainer/run/logs/csv_log.h"

#include <map>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace greentrain {
namespace {

std::string quoted(const std::string& text) {
  if (text.empty()) return text;
  std::string field = "\"";
  for (const char letter : text) {
    if (letter == '"') field += letter;
    field += letter;
  }
  return field + "\"";
}

}  // namespace

CsvLog::CsvLog(const std::filesystem::path& path, const std::vector<std::string>& metrics)
    : columns_(metric_columns(metrics)), file_(path) {
  file_.append(fmt::format("{},passed_over\n", fmt::join(columns_, ",")));
}

void CsvLog::write(const MetricsPoint& point) {
  std::map<std::string, double> known;
  for (const auto& [name, value] : numbers_of(point)) known[name] = value;
  std::vector<std::string> fields;
  for (const std::string& column : columns_) {
    const auto found = known.find(column);
    fields.push_back(found == known.end() ? "" : fmt::format("{}", found->second));
  }
  fields.push_back(quoted(point.passed_over));
  file_.append(fmt::format("{}\n", fmt::join(fields, ",")));
}

}  // namespace greentrain
