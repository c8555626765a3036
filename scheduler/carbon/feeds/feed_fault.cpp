#include "scheduler/carbon/feeds/feed_fault.h"

#include <utility>

#include <fmt/format.h>

namespace greentrain {

std::string consequence(FaultKind kind) {
  if (kind == FaultKind::Implausible) return "this value is left out, as if it were not known";
  if (kind == FaultKind::Suspect) {
    return "this answer is rejected and the zone is SUSPECT until the next good one; the last good "
           "answer stays in use";
  }
  return "no value is made up: the last good answer stays in use and ages to STALE, then BLIND";
}

std::string to_string(const FeedFault& fault) {
  std::string text = fault.provider;
  if (!fault.source.empty()) text += " " + fault.source;
  if (!fault.where.empty()) text += ": " + fault.where;
  text += ": " + fault.found;
  if (!fault.expected.empty()) text += ", expected " + fault.expected;
  if (fault.retry_after) text += fmt::format("; try again in {} s", fault.retry_after->count());
  return text + "; " + consequence(fault.kind);
}

FeedError::FeedError(FeedFault fault)
    : Error(to_string(fault), fault.kind == FaultKind::Configuration ||
                                      fault.kind == FaultKind::Unauthorized ||
                                      fault.kind == FaultKind::Plan
                                  ? ExitCode::Usage
                                  : ExitCode::Failure),
      fault_(std::move(fault)) {}

}  // namespace greentrain
