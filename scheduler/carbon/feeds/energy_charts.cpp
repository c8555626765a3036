// Energy-Charts of Fraunhofer ISE: average, gCO2eq/kWh, 15 or 60 minutes by country, no key.
// https://api.energy-charts.info
#include <algorithm>
#include <cctype>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "scheduler/carbon/feeds/protocols.h"
#include "scheduler/carbon/feeds/series_builder.h"

namespace greentrain {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kYear10000 = 253402300800;

class EnergyCharts final : public FeedProtocol {
 public:
  const ProviderFacts& facts() const override { return facts_; }

  std::vector<std::string> paths(const FeedQuery& query) const override {
    require_plain_zone(facts_.name, query.zone, "DE");
    std::string country = query.zone;
    std::transform(country.begin(), country.end(), country.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const UtcTime hour = std::chrono::floor<std::chrono::hours>(query.now);
    return {fmt::format("/co2eq?country={}&start={}&end={}", country,
                        format_utc(hour - query.history), format_utc(hour + query.horizon))};
  }

  /// Three arrays that run in parallel: stamps, measured and forecast; holes in any place.
  FeedAnswer parse(const PageOrigin& page, std::string_view body) const override {
    const JsonNode root = JsonNode::parse(page.origin, body);
    const JsonNode stamps = root.at("unix_seconds");
    FeedAnswer answer;
    add_series(page, stamps, root.at("co2eq"), SeriesMethod::Measured, answer);
    if (const auto forecast = root.find("co2eq_forecast")) {
      add_series(page, stamps, *forecast, SeriesMethod::Forecast, answer);
    }
    const auto deprecated = root.find("deprecated");
    if (deprecated && deprecated->boolean()) {
      answer.faults.push_back({FaultKind::Configuration, page.origin.provider, page.origin.source,
                               deprecated->path(), "the provider calls this page deprecated",
                               "false; look for an update of greensched"});
    }
    return answer;
  }

 private:
  static UtcTime time_of(const JsonNode& stamp) {
    const std::int64_t seconds = stamp.integer();
    if (seconds < 0 || seconds >= kYear10000) {
      stamp.refuse(FaultKind::Suspect, "seconds since 1970");
    }
    return UtcTime{std::chrono::seconds{seconds}};
  }

  static void add_series(const PageOrigin& page, const JsonNode& stamps, const JsonNode& values,
                         SeriesMethod method, FeedAnswer& answer) {
    if (values.size() != stamps.size()) {
      values.complain(FaultKind::Suspect, fmt::format("{} values", values.size()),
                      fmt::format("{}, one for each of {}", stamps.size(), stamps.path()));
    }
    SeriesBuilder builder(
        page.origin,
        {page.query.zone, SignalKind::Average, EmissionBasis::Unstated, page.origin.provider},
        method, std::nullopt);
    for (std::size_t slot = 0; slot < stamps.size(); ++slot) {
      const JsonNode value = values.at(slot);
      const std::optional<double> grams = value.number_or_null();
      builder.add(time_of(stamps.at(slot)),
                  grams ? std::optional(GramsPerKwh{*grams}) : std::nullopt, value.path());
    }
    if (builder.empty()) return;
    append_to(answer, builder.build(page.query.now, page.query.now));
  }

  const ProviderFacts facts_{
      "energy-charts", "https://api.energy-charts.info", {}, {60, 5min}, {90min, 24h}};
};

}  // namespace

std::unique_ptr<FeedProtocol> make_energy_charts() { return std::make_unique<EnergyCharts>(); }

}  // namespace greentrain
