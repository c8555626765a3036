#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string>

#include "core/config/enum_names.h"
#include "core/error.h"

namespace greentrain {

/// Why an answer, or a part of it, could not be used.
enum class FaultKind {
  Unreachable,    ///< No connection, no answer in time, or a body that was cut.
  Server,         ///< HTTP 5xx: worth another try.
  Throttled,      ///< Too many requests: wait.
  Unauthorized,   ///< The key is missing or refused.
  Plan,           ///< The key is good, but not for this zone or signal.
  Configuration,  ///< The request itself is wrong: zone, postcode, URL.
  Malformed,      ///< Not the documented shape.
  Suspect,  ///< The documented shape with content that cannot be: another unit, time going back.
  Implausible,  ///< One value that cannot be, such as 0; the rest of the answer is used.
};
template <>
inline constexpr auto enum_names<FaultKind> = std::array<std::string_view, 9>{
    "unreachable",   "server",    "throttled", "unauthorized", "plan",
    "configuration", "malformed", "suspect",   "implausible"};

/// One thing that is wrong with an answer, told so that a person can mend it.
struct FeedFault {
  FaultKind kind{FaultKind::Malformed};
  std::string provider;
  std::string source;  ///< URL without secrets, file or command.
  std::string where;   ///< JSON path, line or header; may be empty.
  std::string found;
  std::string expected;  ///< Or what to do. May be empty.
  std::optional<std::chrono::seconds> retry_after{};
};

/// `neso https://...: $.data[3].intensity.forecast: 0 g/kWh, expected above 0; this value is left
/// out` and what that means for the state of the zone.
std::string to_string(const FeedFault& fault);

/// What the fault does to the state of its zone, in words.
std::string consequence(FaultKind kind);

/// Thrown while an answer is parsed and caught where a feed returns its FeedAnswer.
class FeedError : public Error {
 public:
  explicit FeedError(FeedFault fault);
  const FeedFault& fault() const { return fault_; }

 private:
  FeedFault fault_;
};

}  // namespace greentrain
