// NESO Carbon Intensity API, Great Britain: average, generation only, direct, gCO2/kWh, 30 minutes,
// no key, CC BY 4.0. Zones: GB, GB-1 to GB-17 (regions), GB-OX1 (outward postcode).
// https://carbon-intensity.github.io/api-definitions
#include <algorithm>
#include <charconv>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "scheduler/carbon/feeds/protocols.h"
#include "scheduler/carbon/feeds/series_builder.h"

namespace greentrain {
namespace {

using namespace std::chrono_literals;

constexpr auto kStep = 30min;
constexpr auto kLongestPast = std::chrono::days{14};  ///< Of one page.

/// What comes after "GB-"; empty for the country.
std::string area_of(const std::string& zone) { return zone == "GB" ? "" : zone.substr(3); }

std::optional<int> region_id(const std::string& area) {
  int id = 0;
  const auto [end, error] = std::from_chars(area.data(), area.data() + area.size(), id);
  if (error != std::errc{} || end != area.data() + area.size()) return std::nullopt;
  return id;
}

class Neso final : public FeedProtocol {
 public:
  const ProviderFacts& facts() const override { return facts_; }

  std::vector<std::string> paths(const FeedQuery& query) const override {
    check_zone(query.zone);
    const UtcTime now = std::chrono::floor<std::chrono::hours>(query.now);
    const std::string area = area_of(query.zone);
    if (!area.empty()) {
      return {fmt::format("/regional/intensity/{}/fw48h/{}/{}", format_utc(now),
                          region_id(area) ? "regionid" : "postcode", area)};
    }
    std::vector<std::string> pages;
    for (UtcTime from = now - query.history; from < now; from += kLongestPast) {
      const UtcTime to = std::min(now, from + std::chrono::seconds{kLongestPast});
      pages.push_back(fmt::format("/intensity/{}/{}", format_utc(from), format_utc(to)));
    }
    pages.push_back(fmt::format("/intensity/{}/fw48h", format_utc(now)));
    return pages;
  }

  FeedAnswer parse(const PageOrigin& page, std::string_view body) const override {
    check_zone(page.query.zone);
    const std::string area = area_of(page.query.zone);
    const JsonNode data = JsonNode::parse(page.origin, body).at("data");
    FeedAnswer answer;
    if (area.empty()) {
      add_series(page, data, SeriesMethod::Measured, "actual", area, answer);
      add_series(page, data, SeriesMethod::Forecast, "forecast", area, answer);
    } else {
      // Regions have a forecast and no measured value.
      add_series(page, regional_rows(data, area), SeriesMethod::Forecast, "forecast", area, answer);
    }
    return answer;
  }

 private:
  void check_zone(const std::string& zone) const {
    require_plain_zone(facts_.name, zone, "GB, GB-13 (a region) or GB-OX1 (a postcode)");
    if (zone == "GB" || (zone.starts_with("GB-") && zone.size() > 3)) return;
    throw UsageError(
        fmt::format("zone \"{}\": expected GB, GB-1 to GB-17, or GB- and an outward "
                    "postcode such as GB-OX1; {} covers Great Britain only",
                    zone, facts_.name));
  }

  /// The rows of the region: `data` is an array with it, or the region itself, or rows that list
  /// all regions.
  static JsonNode regional_rows(const JsonNode& data, const std::string& area) {
    if (data.is_array() && data.size() > 0 && data.at(0).find("regions")) return data;
    const JsonNode region = data.is_array() ? data.at(std::size_t{0}) : data;
    check_region(region, area);
    return region.at("data");
  }

  static void check_region(const JsonNode& region, const std::string& area) {
    if (const std::optional<int> id = region_id(area)) {
      const JsonNode found = region.at("regionid");
      if (found.integer() != *id) {
        found.refuse(FaultKind::Suspect, fmt::format("region {}", *id));
      }
      return;
    }
    const JsonNode found = region.at("postcode");
    if (found.text() != area) found.refuse(FaultKind::Suspect, area);
  }

  /// The object that holds the intensity in one row.
  static JsonNode holder(const JsonNode& row, const std::string& area) {
    const auto regions = area.empty() ? std::nullopt : row.find("regions");
    if (!regions) return row;
    const std::optional<int> wanted = region_id(area);
    for (std::size_t region = 0; region < regions->size(); ++region) {
      const JsonNode one = regions->at(region);
      if (wanted && one.at("regionid").integer() == *wanted) return one;
    }
    regions->complain(FaultKind::Suspect, "no region " + area, "it among all regions");
  }

  static void add_series(const PageOrigin& page, const JsonNode& rows, SeriesMethod method,
                         const std::string& key, const std::string& area, FeedAnswer& answer) {
    SeriesBuilder builder(
        page.origin,
        {page.query.zone, SignalKind::Average, EmissionBasis::Direct, page.origin.provider}, method,
        kStep);
    for (std::size_t index = 0; index < rows.size(); ++index) {
      const JsonNode row = rows.at(index);
      const UtcTime from = row.at("from").time();
      if (row.at("to").time() - from != kStep) {
        row.at("to").refuse(FaultKind::Suspect, "30 min after \"from\"");
      }
      const JsonNode value = holder(row, area).at("intensity").at(key);
      const std::optional<double> grams = value.number_or_null();
      builder.add(from, grams ? std::optional(GramsPerKwh{*grams}) : std::nullopt, value.path());
    }
    append_to(answer, builder.build(page.query.now, page.query.now));
  }

  const ProviderFacts facts_{
      "neso", "https://api.carbonintensity.org.uk", {}, {60, 5min}, {90min, 24h}};
};

}  // namespace

std::unique_ptr<FeedProtocol> make_neso() { return std::make_unique<Neso>(); }

}  // namespace greentrain
