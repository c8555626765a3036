#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/environment.h"
#include "scheduler/carbon/utc_time.h"

namespace greentrain {

/// One slot of a plot; without a value it stays blank.
struct PlotSlot {
  UtcTime start;
  std::optional<double> value;
  bool solid{true};  ///< Drawn full (observed) or light (expected).
};

struct PlotStyle {
  int width{80};     ///< Columns, labels included; at least 24 are used.
  int rows{8};       ///< Of bars.
  bool utf8{false};  ///< Block characters in place of # and :.
  bool color{false};
};

/// Bars over time from 0 up, with a scale at the left and hours, in UTC, below. Slots must follow
/// each other without holes. Several slots share a column where there are more than columns. Empty
/// if no slot has a value.
std::string plot_bars(const std::vector<PlotSlot>& slots, const PlotStyle& style);

/// Whether the locale of the environment is one of UTF-8.
bool wants_utf8(const Environment& environment);

}  // namespace greentrain
