#pragma once

#include <chrono>
#include <optional>
#include <random>

#include "scheduler/carbon/feeds/feed_fault.h"

namespace greentrain {

/// How often and how long to try again.
struct RetryPolicy {
  int attempts{3};                           ///< In one fetch, the first included.
  std::chrono::milliseconds first{1000};     ///< Doubles with each try,
  std::chrono::milliseconds longest{60000};  ///< up to this, and longer waits end the fetch.
};

/// The wait before try number `attempt` (2 is the second): `first`, doubled per try up to
/// `longest`, of which a random part between half and all is taken, so that clients do not come
/// back together.
std::chrono::milliseconds backoff(const RetryPolicy& policy, int attempt, std::mt19937_64& random);

/// True for faults that another try may mend: Unreachable, Server and Throttled.
bool may_pass(FaultKind kind);

/// The seconds of a Retry-After header: a number, or an HTTP date relative to `now`. Empty if it is
/// neither; capped at one day.
std::optional<std::chrono::seconds> parse_retry_after(const std::string& header,
                                                      std::chrono::sys_seconds now);

}  // namespace greentrain
