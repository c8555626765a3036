// WattTime, v3: MARGINAL intensity of the grid, pounds of CO2 per MWh, one point per 5 minutes.
// https://docs.watttime.org
#include <algorithm>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "scheduler/carbon/feeds/protocols.h"
#include "scheduler/carbon/feeds/series_builder.h"

namespace greentrain {
namespace {

using namespace std::chrono_literals;

constexpr double kGramsPerPound = 453.59237;
constexpr double kKwhPerMwh = 1000;

class WattTime final : public FeedProtocol {
 public:
  const ProviderFacts& facts() const override { return facts_; }

  std::vector<std::string> paths(const FeedQuery& query) const override {
    require_plain_zone(facts_.name, query.zone, "CAISO_NORTH");
    const std::string tail = fmt::format("region={}&signal_type=co2_moer", query.zone);
    const UtcTime hour = std::chrono::floor<std::chrono::hours>(query.now);
    const auto past = std::min<std::chrono::hours>(query.history, kLongestPast);
    return {fmt::format("/v3/historical?{}&start={}&end={}", tail, format_utc(hour - past),
                        format_utc(hour)),
            fmt::format("/v3/forecast?{}&horizon_hours={}", tail,
                        std::min<long>(query.horizon.count(), kLongestForecast))};
  }

  std::optional<HttpRequest> login(const Credentials& keys) const override {
    return HttpRequest{facts_.base_url + "/login", {}, BasicAuth{keys.user, keys.password}};
  }

  Secret parse_login(const AnswerOrigin& origin, std::string_view body) const override {
    const JsonNode root = JsonNode::parse(origin, body);
    const auto token = root.is_object() ? root.find("token") : std::nullopt;
    // The complaint repeats nothing of an answer that may hold a key under another name.
    if (!token || !token->is_text()) root.complain(FaultKind::Malformed, "no token", "a token");
    return Secret(token->text());
  }

  void authorize(HttpRequest& request, const Secret& token) const override {
    request.headers.push_back({"Authorization", Secret("Bearer " + token.reveal())});
  }

  FeedAnswer parse(const PageOrigin& page, std::string_view body) const override {
    const JsonNode root = JsonNode::parse(page.origin, body);
    const JsonNode meta = root.at("meta");
    check(meta.at("units"), "lbs_co2_per_mwh");
    check(meta.at("signal_type"), "co2_moer");
    check(meta.at("region"), page.query.zone);
    const std::chrono::seconds step{meta.at("data_point_period_seconds").integer()};
    FeedAnswer answer;
    const JsonNode rows = root.at("data");
    if (page.path.starts_with("/v3/forecast/historical")) {
      for (std::size_t vintage = 0; vintage < rows.size(); ++vintage) {
        const JsonNode one = rows.at(vintage);
        add_series(page, SeriesMethod::Forecast, one.at("generated_at").time(), step,
                   one.at("forecast"), answer);
      }
    } else if (page.path.starts_with("/v3/forecast")) {
      add_series(page, SeriesMethod::Forecast, meta.at("generated_at").time(), step, rows, answer);
    } else {
      add_series(page, SeriesMethod::Measured, page.query.now, step, rows, answer);
    }
    return answer;
  }

 private:
  static constexpr long kLongestForecast = 72;
  static constexpr std::chrono::days kLongestPast{32};

  static void check(const JsonNode& node, const std::string& expected) {
    if (node.text() != expected) node.refuse(FaultKind::Suspect, expected);
  }

  static void add_series(const PageOrigin& page, SeriesMethod method, UtcTime generated_at,
                         std::chrono::seconds step, const JsonNode& rows, FeedAnswer& answer) {
    SeriesBuilder builder(
        page.origin,
        {page.query.zone, SignalKind::Marginal, EmissionBasis::Direct, page.origin.provider},
        method, step);
    for (std::size_t row = 0; row < rows.size(); ++row) {
      const JsonNode value = rows.at(row).at("value");
      const std::optional<double> pounds = value.number_or_null();
      builder.add(
          rows.at(row).at("point_time").time(),
          pounds ? std::optional(GramsPerKwh{*pounds * kGramsPerPound / kKwhPerMwh}) : std::nullopt,
          value.path());
    }
    append_to(answer, builder.build(generated_at, page.query.now));
  }

  const ProviderFacts facts_{"watttime",
                             "https://api.watttime.org",
                             {"WATTTIME_USER", "WATTTIME_PASSWORD"},
                             {3000, 5min},
                             {30min, 24h}};
};

}  // namespace

std::unique_ptr<FeedProtocol> make_watttime() { return std::make_unique<WattTime>(); }

}  // namespace greentrain
