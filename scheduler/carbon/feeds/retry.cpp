#include "scheduler/carbon/feeds/retry.h"

#include <algorithm>
#include <charconv>
#include <time.h>

namespace greentrain {
namespace {

constexpr std::chrono::seconds kLongestRetryAfter = std::chrono::hours{24};

}  // namespace

std::chrono::milliseconds backoff(const RetryPolicy& policy, int attempt, std::mt19937_64& random) {
  const int doublings = std::clamp(attempt - 2, 0, 20);
  const auto whole = std::min(policy.longest, policy.first * (1 << doublings));
  std::uniform_int_distribution<std::chrono::milliseconds::rep> part(whole.count() / 2,
                                                                     whole.count());
  return std::chrono::milliseconds{part(random)};
}

bool may_pass(FaultKind kind) {
  return kind == FaultKind::Unreachable || kind == FaultKind::Server ||
         kind == FaultKind::Throttled;
}

std::optional<std::chrono::seconds> parse_retry_after(const std::string& header,
                                                      std::chrono::sys_seconds now) {
  std::int64_t seconds = 0;
  const char* end = header.data() + header.size();
  const auto [rest, error] = std::from_chars(header.data(), end, seconds);
  if (error != std::errc{} || rest != end) {
    tm date{};
    if (strptime(header.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &date) == nullptr) {
      return std::nullopt;
    }
    seconds = timegm(&date) - now.time_since_epoch().count();
  }
  return std::clamp(std::chrono::seconds{seconds}, std::chrono::seconds{0}, kLongestRetryAfter);
}

}  // namespace greentrain
