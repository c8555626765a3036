#include "scheduler/cli/local_time.h"

#include <array>
#include <optional>
#include <time.h>

#include <fmt/format.h>

#include "core/error.h"

namespace greentrain {
namespace {

using namespace std::chrono_literals;

constexpr auto kMostAhead = 30h;  ///< More than any zone is off UTC, clock changes included.

/// What a clock on the wall shows at a moment, as if it were UTC.
UtcTime wall_clock(UtcTime time) {
  const time_t seconds = time.time_since_epoch().count();
  tm shown{};
  localtime_r(&seconds, &shown);
  return UtcTime{std::chrono::seconds{timegm(&shown)}};
}

/// The first moment after `after` at which the wall clock shows `shown`; empty if it never does.
std::optional<UtcTime> first_showing(UtcTime shown, UtcTime after) {
  std::optional<UtcTime> first;
  for (UtcTime near = shown - kMostAhead; near <= shown + kMostAhead; near += 30min) {
    // Each offset that holds around the time gives one candidate.
    const UtcTime candidate = shown - (wall_clock(near) - near);
    if (wall_clock(candidate) != shown || candidate <= after) continue;
    if (!first || candidate < *first) first = candidate;
  }
  return first;
}

/// `18:00` or `18:00:30` as seconds since midnight.
std::optional<std::chrono::seconds> parse_time_of_day(const std::string& text) {
  const auto time = parse_utc("2000-01-01T" + text, NaiveTime::IsUtc);
  if (!time || text.find(':') == std::string::npos ||
      text.find_first_of("Z+-.") != std::string::npos) {
    return std::nullopt;
  }
  return *time - std::chrono::floor<std::chrono::days>(*time);
}

[[noreturn]] void refuse_skipped(const std::string& option, const std::string& text) {
  throw UsageError(
      fmt::format("{} \"{}\": the clocks here never show this time, a clock change leaves it out; "
                  "name another, "
                  "or one with a time zone such as 2026-11-20T18:00Z",
                  option, text));
}

UtcTime next_time_of_day(std::chrono::seconds time_of_day, UtcTime now) {
  const UtcTime midnight = std::chrono::floor<std::chrono::days>(wall_clock(now));
  for (int day = 0; day < 3; ++day) {
    if (const auto moment = first_showing(midnight + day * 24h + time_of_day, now)) return *moment;
  }
  return now;  // Not reached: no clock change leaves out the same time on three days.
}

}  // namespace

UtcTime parse_moment(const std::string& option, const std::string& text, UtcTime now) {
  if (const auto exact = parse_utc(text)) return *exact;
  if (const auto time_of_day = parse_time_of_day(text)) return next_time_of_day(*time_of_day, now);
  const auto local = parse_utc(text, NaiveTime::IsUtc);
  if (!local) {
    throw UsageError(fmt::format(
        "{} \"{}\": expected a date such as 2026-11-20T18:00Z, a local one such as \"2026-11-20 "
        "18:00\", or a time of day such as 18:00",
        option, text));
  }
  auto moment = first_showing(*local, now);
  if (!moment) moment = first_showing(*local, *local - 2 * kMostAhead);  // It may be in the past.
  if (!moment) refuse_skipped(option, text);
  return *moment;
}

std::string format_local(UtcTime time) {
  const time_t seconds = time.time_since_epoch().count();
  tm shown{};
  localtime_r(&seconds, &shown);
  std::array<char, 64> text{};
  strftime(text.data(), text.size(), "%Y-%m-%d %H:%M %Z", &shown);
  return text.data();
}

}  // namespace greentrain
