#pragma once

#include <optional>

#include "trainer/data/format/samples.h"

namespace greentrain {

/// Largest label of a CSV file: the network has one output per class.
inline constexpr std::int64_t kMaxCsvLabel = 65'535;

/// Reads lines of numbers separated by commas (RFC 4180 without quotes); the last one is the label,
/// an integer from 0 to kMaxCsvLabel. Spaces around numbers, a byte-order mark, CRLF and blank
/// lines are ignored. The first line is a header when its last field is no number and its others
/// are none either, or number the columns from 0.
///
/// With `targets`, the last so many columns are numbers to predict instead of the label.
///
/// With `features` known, a file of exactly so many columns has no labels or targets, and appends
/// none.
///
/// Throws UsageError with file, line and column: a field that is no finite float32 number, a wrong
/// label, rows of different length, a file without samples.
void append_csv(const RawFile& file, FloatRows& rows,
                std::optional<std::int64_t> features = std::nullopt, std::int64_t targets = 0);

}  // namespace greentrain
