#include "scheduler/carbon/feeds/feed_registry.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <random>
#include <thread>

#include <fmt/format.h>

#include "core/text.h"
#include "scheduler/carbon/feeds/credentials.h"
#include "scheduler/carbon/feeds/http_feed.h"
#include "scheduler/carbon/feeds/local_feeds.h"
#include "scheduler/carbon/feeds/protocols.h"

namespace greentrain {
namespace {

using namespace std::chrono_literals;

struct ProtocolEntry {
  std::string_view name;
  std::unique_ptr<FeedProtocol> (*make)();
};

/// A new provider over HTTP is one file and one line here.
constexpr std::array kProtocols{
    ProtocolEntry{"electricitymaps", make_electricity_maps},
    ProtocolEntry{"energy-charts", make_energy_charts},
    ProtocolEntry{"neso", make_neso},
    ProtocolEntry{"watttime", make_watttime},
};

/// Feeds that ask no web page.
struct LocalEntry {
  std::string_view name;
  std::unique_ptr<CarbonFeed> (*make)(const FeedSettings&);
};

constexpr std::array kLocal{
    LocalEntry{"file",
               [](const FeedSettings& settings) {
                 if (settings.file.empty()) {
                   throw UsageError("feed file: no file named; give one with --carbon FILE");
                 }
                 return make_file_feed(settings.file, settings.basis);
               }},
    LocalEntry{"command",
               [](const FeedSettings& settings) {
                 if (settings.command.empty()) {
                   throw UsageError("feed command: no command; give one with --carbon-command");
                 }
                 return make_command_feed(settings.command, 20s);
               }},
    LocalEntry{"static", [](const FeedSettings&) { return make_static_feed(); }},
};

/// Where Energy-Charts has data. https://api.energy-charts.info
constexpr std::array<std::string_view, 26> kEnergyChartsZones{
    "AT", "BE", "BG", "CH", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR",
    "HU", "IT", "LT", "LU", "LV", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK"};

std::unique_ptr<CarbonFeed> make_http_feed(std::unique_ptr<FeedProtocol> protocol,
                                           const FeedSettings& settings,
                                           const Environment& environment) {
  HttpFeedParts parts;
  parts.keys = read_credentials(protocol->facts().key_variables, environment, settings.key_file);
  parts.protocol = std::move(protocol);
  parts.client = make_curl_http_client({});
  parts.base_url = settings.base_url;
  parts.wait = [](std::chrono::milliseconds time) { std::this_thread::sleep_for(time); };
  parts.now = [] {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  };
  parts.seed = std::random_device{}();
  parts.has_answered_before = settings.has_answered_before;
  return std::make_unique<HttpFeed>(std::move(parts));
}

[[noreturn]] void refuse_name(const std::string& name) {
  const std::vector<std::string> names = feed_names();
  const std::optional<std::string> meant = closest(name, names);
  throw UsageError(fmt::format("feed \"{}\": expected {}{}", name, join_with_or(names),
                               meant ? fmt::format("; did you mean {}?", *meant) : ""));
}

}  // namespace

std::vector<std::string> feed_names() {
  std::vector<std::string> names;
  for (const ProtocolEntry& entry : kProtocols) names.emplace_back(entry.name);
  for (const LocalEntry& entry : kLocal) names.emplace_back(entry.name);
  return names;
}

std::string default_feed(const std::string& zone) {
  if (zone == "GB" || zone.starts_with("GB-")) return "neso";
  const auto& zones = kEnergyChartsZones;
  return std::find(zones.begin(), zones.end(), zone) != zones.end() ? "energy-charts" : "static";
}

std::unique_ptr<FeedProtocol> make_protocol(const std::string& name) {
  for (const ProtocolEntry& entry : kProtocols) {
    if (entry.name == name) return entry.make();
  }
  refuse_name(name);
}

std::string feed_name(const FeedSettings& settings, const std::string& zone) {
  if (!settings.feed.empty()) return settings.feed;
  if (!settings.file.empty()) return "file";
  if (!settings.command.empty()) return "command";
  return default_feed(zone);
}

std::unique_ptr<CarbonFeed> make_feed(const FeedSettings& settings, const std::string& zone,
                                      const Environment& environment) {
  const std::string name = feed_name(settings, zone);
  for (const LocalEntry& entry : kLocal) {
    if (entry.name == name) return entry.make(settings);
  }
  return make_http_feed(make_protocol(name), settings, environment);
}

}  // namespace greentrain
