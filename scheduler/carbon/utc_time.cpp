#include "scheduler/carbon/utc_time.h"

#include <charconv>

#include <fmt/format.h>

namespace greentrain {
namespace {

/// Takes a date apart from the left. Every method answers false, or an empty optional, when the
/// text is not as expected.
class DateText {
 public:
  explicit DateText(std::string_view text) : rest_(text) {}

  bool done() const { return rest_.empty(); }
  bool take(char expected) {
    if (rest_.empty() || rest_.front() != expected) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool number(std::size_t digits, int& value) {
    if (rest_.size() < digits) return false;
    for (char c : rest_.substr(0, digits)) {
      if (c < '0' || c > '9') return false;
    }
    std::from_chars(rest_.data(), rest_.data() + digits, value);
    rest_.remove_prefix(digits);
    return true;
  }
  bool fraction() {
    int digit = 0;
    if (!number(1, digit)) return false;
    while (number(1, digit)) continue;
    return true;
  }

 private:
  std::string_view rest_;
};

struct TimeOfDay {
  int hour{0}, minute{0}, second{0};
  bool exists() const { return hour < 24 && minute < 60 && second < 60; }
};

bool read_time_of_day(DateText& text, TimeOfDay& time) {
  if (!text.take('T') && !text.take(' ')) return false;
  if (!text.number(2, time.hour)) return false;
  if (!text.take(':')) return time.exists();
  if (!text.number(2, time.minute)) return false;
  if (text.take(':')) {
    if (!text.number(2, time.second)) return false;
    if (text.take('.') && !text.fraction()) return false;
  }
  return time.exists();
}

std::optional<std::chrono::seconds> read_offset(DateText& text, NaiveTime naive) {
  using namespace std::chrono_literals;
  if (text.take('Z')) return 0s;
  const bool east = text.take('+');
  if (!east && !text.take('-')) {
    return naive == NaiveTime::IsUtc ? std::optional(0s) : std::nullopt;
  }
  TimeOfDay offset;
  if (!text.number(2, offset.hour)) return std::nullopt;
  if (!text.done()) {
    text.take(':');
    if (!text.number(2, offset.minute)) return std::nullopt;
  }
  if (!offset.exists()) return std::nullopt;
  const std::chrono::seconds ahead = offset.hour * 1h + offset.minute * 1min;
  return east ? ahead : -ahead;
}

}  // namespace

std::optional<UtcTime> parse_utc(std::string_view text, NaiveTime naive) {
  DateText rest(text);
  int year = 0, month = 0, day = 0;
  if (!rest.number(4, year) || !rest.take('-') || !rest.number(2, month) || !rest.take('-') ||
      !rest.number(2, day)) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year{year},
                                         std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  TimeOfDay time;
  if (!date.ok() || !read_time_of_day(rest, time)) return std::nullopt;
  const std::optional<std::chrono::seconds> ahead = read_offset(rest, naive);
  if (!ahead || !rest.done()) return std::nullopt;
  return UtcTime{std::chrono::sys_days{date}} + std::chrono::hours{time.hour} +
         std::chrono::minutes{time.minute} + std::chrono::seconds{time.second} - *ahead;
}

std::string format_utc(UtcTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{time - day};
  const std::string text =
      fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                  clock.hours().count(), clock.minutes().count());
  const auto seconds = clock.seconds().count();
  return seconds == 0 ? text + "Z" : fmt::format("{}:{:02}Z", text, seconds);
}

}  // namespace greentrain
