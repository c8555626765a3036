#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/environment.h"
#include "scheduler/carbon/feeds/carbon_feed.h"
#include "scheduler/carbon/feeds/feed_protocol.h"

namespace greentrain {

/// Which feed to use and what it may need.
struct FeedSettings {
  std::string feed{};                    ///< One of feed_names(); empty: default_feed(zone).
  std::filesystem::path file{};          ///< Of feed `file`.
  std::string command{};                 ///< Of feed `command`.
  std::string base_url{};                ///< In place of the provider's own.
  std::filesystem::path key_file{};      ///< Keys that are not in the environment.
  std::optional<EmissionBasis> basis{};  ///< For a file with several columns.
  bool has_answered_before{false};       ///< See VintageStore::has_answered().
};

/// The feed for these settings, over the real network and the machine's clock. Throws UsageError
/// for an unknown name (with the nearest one) or a setting that is missing. A missing key is no
/// error here: the feed answers with a fault, so that no job waits for a credential.
std::unique_ptr<CarbonFeed> make_feed(const FeedSettings& settings, const std::string& zone,
                                      const Environment& environment);

/// Every name that `feed` may have.
std::vector<std::string> feed_names();

/// The feed of a zone that needs no account: neso for GB, energy-charts for European countries,
/// else static.
std::string default_feed(const std::string& zone);

/// The feed that make_feed() would make for these settings.
std::string feed_name(const FeedSettings& settings, const std::string& zone);

/// The words of one provider over HTTP, for tests and fuzzing. Throws UsageError as make_feed().
std::unique_ptr<FeedProtocol> make_protocol(const std::string& name);

}  // namespace greentrain
