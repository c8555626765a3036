#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "scheduler/carbon/feeds/carbon_feed.h"
#include "scheduler/carbon/feeds/json_node.h"

namespace greentrain {

/// What the reader of a file asks for and what the file may leave unsaid.
struct SeriesFileQuery {
  std::string zone;                    ///< Must agree with the zone in the file, if one is there.
  std::optional<EmissionBasis> basis;  ///< Which column, where there are several.
  UtcTime now;                         ///< Retrieval time, where the file names none.
};

/// Reads a carbon series from CSV or JSON; docs/carbon.md describes both. In a CSV file the header
/// decides: a column for the time, one for the value whose name tells the unit and the basis, and
/// optionally `zone`, `unit`, `fetched_at` (each poll becomes a vintage) and `forecast_at` (each
/// forecast does). Lines `# kind: marginal` before the header say what the header cannot.
/// Pure. Throws FeedError with the line or JSON path.
FeedAnswer parse_series_file(const AnswerOrigin& origin, const SeriesFileQuery& query,
                             std::string_view bytes);

/// A series in the JSON form that parse_series_file() reads.
std::string to_json(const CarbonSeries& series);

}  // namespace greentrain
