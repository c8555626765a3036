#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "scheduler/carbon/feed_state.h"
#include "scheduler/carbon/feeds/feed_fault.h"
#include "scheduler/carbon/series.h"

namespace greentrain {

/// What is asked of a feed.
struct FeedQuery {
  std::string zone;  ///< In the provider's own naming.
  UtcTime now;
  std::chrono::hours history{
      24};  ///< At least this much of the past, as far as the provider has it.
  std::chrono::hours horizon{48};  ///< And of the forecast.
};

/// What came back. Each series has one method, so a feed may give several. Faults do not make the
/// series beside them wrong: a provider may give the past and refuse the forecast.
struct FeedAnswer {
  std::vector<CarbonSeries> series;
  std::vector<FeedFault> faults;
};

/// What an answer tells the state of its zone. A static level tells nothing: it is never fresh.
FeedFacts facts_of(const FeedAnswer& answer);
/// Tells a watch about an answer: what can be used is accepted, then what was rejected is told.
void tell(FeedWatch& watch, const FeedAnswer& answer);

/// A source of carbon intensity. Never makes up a value: what it does not know is missing, and what
/// went wrong is a fault. Not thread-safe.
class CarbonFeed {
 public:
  virtual ~CarbonFeed() = default;
  virtual const std::string& name() const = 0;
  virtual FeedLimits limits() const { return {}; }
  /// Blocks for as long as the source takes; throws UsageError only for a query it cannot express.
  virtual FeedAnswer fetch(const FeedQuery& query) = 0;
};

}  // namespace greentrain
