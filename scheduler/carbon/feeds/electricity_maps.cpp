// Electricity Maps, v3: average, flow-traced consumption, lifecycle, gCO2eq/kWh, one row per hour.
// https://portal.electricitymaps.com/docs/api
#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "scheduler/carbon/feeds/protocols.h"
#include "scheduler/carbon/feeds/series_builder.h"

namespace greentrain {
namespace {

using namespace std::chrono_literals;

class ElectricityMaps final : public FeedProtocol {
 public:
  const ProviderFacts& facts() const override { return facts_; }

  std::vector<std::string> paths(const FeedQuery& query) const override {
    require_plain_zone(facts_.name, query.zone, "DE or US-CAL-CISO");
    const std::string head = "/v3/carbon-intensity/";
    const auto page = [&](const std::string& name) {
      return fmt::format("{}{}?zone={}&emissionFactorType=lifecycle", head, name, query.zone);
    };
    return {page("history"),
            fmt::format("{}&horizonHours={}", page("forecast"), plan_horizon(query.horizon))};
  }

  void authorize(HttpRequest& request, const Secret& token) const override {
    request.headers.push_back({"auth-token", token});
  }

  FeedAnswer parse(const PageOrigin& page, std::string_view body) const override {
    const JsonNode root = JsonNode::parse(page.origin, body);
    check_zone(root, page.query.zone);
    FeedAnswer answer;
    if (root.find("forecast")) {
      parse_forecast(page, root, answer);
    } else {
      parse_past(page, root, answer);
    }
    return answer;
  }

 private:
  /// The horizons that can be asked for, in hours.
  static int plan_horizon(std::chrono::hours wanted) {
    for (int offered : {6, 24, 48}) {
      if (wanted.count() <= offered) return offered;
    }
    return 72;
  }

  static void check_zone(const JsonNode& node, const std::string& zone) {
    const JsonNode found = node.at("zone");
    if (found.text() != zone) {
      found.refuse(FaultKind::Suspect, "zone " + zone);
    }
  }

  static CarbonSignal signal_of(const PageOrigin& page) {
    return {page.query.zone, SignalKind::Average, EmissionBasis::Lifecycle, page.origin.provider};
  }

  /// Rows of an hour are told by the absence of the field, or by its value.
  static void check_row(const JsonNode& row, const std::string& zone) {
    if (row.find("zone")) check_zone(row, zone);
    const auto factors = row.find("emissionFactorType");
    if (factors && factors->text() != "lifecycle") {
      factors->refuse(FaultKind::Suspect,
                      "lifecycle, which was asked for; the same hour differs up to threefold");
    }
    const auto granularity = row.find("temporalGranularity");
    if (granularity && granularity->text() != "hourly") {
      granularity->refuse(FaultKind::Suspect, "hourly");
    }
  }

  static void parse_forecast(const PageOrigin& page, const JsonNode& root, FeedAnswer& answer) {
    check_units(root);
    SeriesBuilder builder(page.origin, signal_of(page), SeriesMethod::Forecast, 1h);
    const JsonNode rows = root.at("forecast");
    for (std::size_t row = 0; row < rows.size(); ++row) {
      check_row(rows.at(row), page.query.zone);
      add_row(builder, rows.at(row));
    }
    builder.sort();  // The order of rows is not promised.
    append_to(answer, builder.build(root.at("updatedAt").time(), page.query.now));
  }

  static void parse_past(const PageOrigin& page, const JsonNode& root, FeedAnswer& answer) {
    check_units(root);
    std::map<SeriesMethod, SeriesBuilder> builders;
    for (SeriesMethod method : {SeriesMethod::Measured, SeriesMethod::Estimated}) {
      builders.try_emplace(method, page.origin, signal_of(page), method, 1h);
    }
    std::optional<UtcTime> updated;
    for (const JsonNode& row : past_rows(root)) {
      check_row(row, page.query.zone);
      const auto estimated = row.find("isEstimated");
      const bool guess = estimated && estimated->boolean();
      add_row(builders.at(guess ? SeriesMethod::Estimated : SeriesMethod::Measured), row);
      if (const auto time = row.find("updatedAt")) {
        updated = std::max(updated.value_or(UtcTime::min()), time->time());
      }
    }
    for (auto& [method, builder] : builders) {
      builder.sort();
      append_to(answer, builder.build(updated.value_or(page.query.now), page.query.now));
    }
  }

  static void check_units(const JsonNode& root) {
    const auto unit = root.find("unit");
    if (unit && unit->text() != "gCO2eq/kWh") {
      unit->refuse(FaultKind::Suspect, "gCO2eq/kWh");
    }
  }

  /// The rows are listed under "history" or "data"; "latest" is one bare row.
  static std::vector<JsonNode> past_rows(const JsonNode& root) {
    std::optional<JsonNode> list = root.find("history");
    if (!list) list = root.find("data");
    if (!list) return {root};
    std::vector<JsonNode> rows;
    for (std::size_t row = 0; row < list->size(); ++row) rows.push_back(list->at(row));
    return rows;
  }

  static void add_row(SeriesBuilder& builder, const JsonNode& row) {
    const JsonNode value = row.at("carbonIntensity");
    const std::optional<double> grams = value.number_or_null();
    builder.add(row.at("datetime").time(),
                grams ? std::optional(GramsPerKwh{*grams}) : std::nullopt, value.path());
  }

  const ProviderFacts facts_{"electricitymaps",
                             "https://api.electricitymaps.com",
                             {"ELECTRICITYMAPS_TOKEN"},
                             {30, 1min},
                             {90min, 24h}};
};

}  // namespace

std::unique_ptr<FeedProtocol> make_electricity_maps() {
  return std::make_unique<ElectricityMaps>();
}

}  // namespace greentrain
