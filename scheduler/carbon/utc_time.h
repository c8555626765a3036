#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace greentrain {

/// A date and time of day in UTC, in whole seconds. Every date in scheduler/ is one of these: local
/// time exists only where a person types or reads it.
using UtcTime = std::chrono::sys_seconds;

/// What a stamp without `Z` or an offset means.
enum class NaiveTime {
  Refuse,  ///< It names no moment: refuse it.
  IsUtc,   ///< The source says elsewhere (a column name, its documentation) that it is UTC.
};

/// Reads ISO 8601 as carbon feeds write it: `2026-11-20T12`, `T12:00Z`, `T12:00:00.000Z`,
/// `2026-11-20 12:00:00+01:00`. Fractions of a second are dropped. Empty if `text` is no such date,
/// if the day does not exist, or if it is naive and `naive` refuses that.
std::optional<UtcTime> parse_utc(std::string_view text, NaiveTime naive = NaiveTime::Refuse);

/// `2026-11-20T12:00:00Z`; the seconds are left out when they are 0.
std::string format_utc(UtcTime time);

}  // namespace greentrain
