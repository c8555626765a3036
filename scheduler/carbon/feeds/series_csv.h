#pragma once

#include <string_view>

#include "scheduler/carbon/feeds/series_file.h"

namespace greentrain {

/// The CSV half of parse_series_file().
FeedAnswer parse_series_csv(const AnswerOrigin& origin, const SeriesFileQuery& query,
                            std::string_view bytes);

}  // namespace greentrain
