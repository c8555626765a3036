#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/environment.h"
#include "scheduler/carbon/carbon_zone.h"
#include "scheduler/carbon/feeds/feed_registry.h"

namespace greentrain {

/// What is known of a zone at one moment. Immutable.
struct ZoneView {
  CarbonSignal signal;
  FeedState state{FeedState::Blind};
  std::optional<Outlook> outlook;
  std::vector<PublishedValue> observed;  ///< Of the slots since the zone was opened.
  /// What was expected of each slot while it ran, for those that nobody has published yet.
  std::vector<PublishedValue> expected;
  std::array<std::chrono::seconds, enum_names<FeedState>.size()> time_in{};
};

/// A zone that is kept up to date on a thread of its own, so that a slow or dead feed holds nobody
/// up. All methods may be called from any thread.
class LiveZone {
 public:
  struct Setup {
    std::string zone;
    FeedSettings feed{};
    std::filesystem::path store;
    std::chrono::hours horizon{48};
    std::chrono::milliseconds look_every{std::chrono::seconds{5}};
    std::function<void(const std::string& warning)> warn;  ///< From the thread.
  };

  /// Throws UsageError for a feed that cannot be. `clock` is needed as long as a feed is asked,
  /// which may be longer than this object lives.
  LiveZone(Setup setup, const Environment& environment, const Clock& clock);
  ~LiveZone();  ///< Waits up to two seconds for a feed that is being asked.
  LiveZone(const LiveZone&) = delete;
  LiveZone& operator=(const LiveZone&) = delete;

  /// The newest view; null until the feed, or the store, had an answer.
  std::shared_ptr<const ZoneView> view() const;

  /// Looks once more, and returns the view after that or after `patience`.
  std::shared_ptr<const ZoneView> last_view(std::chrono::milliseconds patience);

 private:
  struct State;
  std::shared_ptr<State> state_;  ///< Shared with the thread.
};

/// The observed values of a view, and those with the expected ones in between, on one grid over
/// [from, to). Empty if nothing is known there.
struct KnownCarbon {
  CarbonSeries known;
  CarbonSeries observed;
};
std::optional<KnownCarbon> known_carbon(const ZoneView& view, UtcTime from, UtcTime to,
                                        UtcTime now);

}  // namespace greentrain
