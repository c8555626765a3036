#pragma once

#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "core/clock.h"
#include "scheduler/carbon/feed_state.h"
#include "scheduler/carbon/feeds/carbon_feed.h"
#include "scheduler/carbon/forecast/outlook.h"
#include "scheduler/carbon/vintage_store.h"

namespace greentrain {

/// One zone as a plan sees it: asks its feed when that is due, keeps every vintage, knows the state
/// and gives the outlook. A dead feed only ages it; nothing here throws for a feed's answer.
/// Not thread-safe.
class CarbonZone {
 public:
  /// `store` and `clock` must outlive it. `on_transition` is told each change of state.
  CarbonZone(std::string zone, std::unique_ptr<CarbonFeed> feed, VintageStore& store,
             const Clock& clock, OutlookSettings settings, FeedWatch::OnTransition on_transition);

  /// When the feed should be asked next: 5 min after a good answer; after a fault 1, 2, 4... 60 s
  /// with jitter and then 5 min, and never before Retry-After has passed.
  UtcTime next_poll() const { return next_poll_; }

  /// Asks the feed and keeps what it said. Blocks as CarbonFeed::fetch. Returns what was wrong.
  std::vector<FeedFault> poll();

  FeedState state() { return watch_.look(); }
  const FeedWatch& watch() const { return watch_; }
  const std::string& zone() const { return zone_; }
  const std::string& provider() const { return feed_->name(); }

  /// What the feed's values mean; empty until it, or the store, had one.
  std::optional<CarbonSignal> signal() const;

  /// What is expected from now on with the forecasts that the state allows. A static feed gives its
  /// level, without ranges or skill. Empty if nothing is known.
  std::optional<Outlook> outlook();

 private:
  UtcTime now() const;
  void recall();
  void schedule(const FeedAnswer& answer);
  std::optional<Outlook> static_outlook() const;

  std::string zone_;
  std::unique_ptr<CarbonFeed> feed_;
  VintageStore& store_;
  const Clock& clock_;
  OutlookSettings settings_;
  FeedWatch watch_;
  std::mt19937_64 jitter_;
  UtcTime next_poll_;
  int failures_{0};
};

}  // namespace greentrain
