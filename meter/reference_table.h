#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace greentrain {

/// The rows of a checked-in CSV table: no lines that start with '#', not the line of column names.
/// Cells may be quoted. Throws Error naming the line if a row has another number of cells than the
/// line of names.
std::vector<std::vector<std::string>> parse_reference_table(std::string_view csv);

}  // namespace greentrain
