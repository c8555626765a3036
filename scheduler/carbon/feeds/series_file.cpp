#include "scheduler/carbon/feeds/series_file.h"

#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "scheduler/carbon/feeds/series_builder.h"
#include "scheduler/carbon/feeds/series_csv.h"

namespace greentrain {
namespace {

template <class Enum>
Enum named(const JsonNode& node) {
  const std::string name = node.text();
  for (std::size_t number = 0; number < enum_names<Enum>.size(); ++number) {
    if (enum_names<Enum>[number] == name) return static_cast<Enum>(number);
  }
  node.refuse(FaultKind::Malformed, fmt::format("{}", fmt::join(enum_names<Enum>, ", ")));
}

template <class Enum>
Enum named_or(const JsonNode& root, const char* key, Enum otherwise) {
  const auto node = root.find(key);
  return node ? named<Enum>(*node) : otherwise;
}

CarbonSignal signal_of(const JsonNode& root, const SeriesFileQuery& query,
                       const AnswerOrigin& origin) {
  const auto zone = root.find("zone");
  if (zone && !query.zone.empty() && zone->text() != query.zone) {
    zone->refuse(FaultKind::Suspect, "zone " + query.zone);
  }
  return {zone ? zone->text() : query.zone, named_or(root, "kind", SignalKind::Average),
          named_or(root, "basis", EmissionBasis::Unstated), origin.provider};
}

FeedAnswer parse_json(const AnswerOrigin& origin, const SeriesFileQuery& query,
                      std::string_view bytes) {
  const JsonNode root = JsonNode::parse(origin, bytes);
  const auto unit = root.find("unit");
  if (unit && unit->text() != "g/kWh") unit->refuse(FaultKind::Suspect, "g/kWh");
  const CarbonSignal signal = signal_of(root, query, origin);
  if (query.basis && signal.basis != *query.basis) {
    root.complain(FaultKind::Suspect, fmt::format("basis {}", enum_name(signal.basis)),
                  fmt::format("basis {}", enum_name(*query.basis)));
  }
  std::optional<std::chrono::seconds> step;
  if (const auto node = root.find("step_s")) step = std::chrono::seconds{node->integer()};
  SeriesBuilder builder(origin, signal, named_or(root, "method", SeriesMethod::Measured), step);
  builder.believe_jumps();
  const JsonNode values = root.at("values");
  for (std::size_t row = 0; row < values.size(); ++row) {
    const JsonNode value = values.at(row).at("gco2_per_kwh");
    const std::optional<double> grams = value.number_or_null();
    builder.add(values.at(row).at("time").time(),
                grams ? std::optional(GramsPerKwh{*grams}) : std::nullopt, value.path());
  }
  const auto generated = root.find("generated_at");
  FeedAnswer answer;
  append_to(answer, builder.build(generated ? generated->time() : query.now, query.now));
  return answer;
}

}  // namespace

FeedAnswer parse_series_file(const AnswerOrigin& origin, const SeriesFileQuery& query,
                             std::string_view bytes) {
  const std::size_t first = bytes.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) {
    complain(origin, FaultKind::Malformed, "", "nothing in it", "a CSV or JSON carbon series");
  }
  if (bytes[first] == '{' || bytes[first] == '<') return parse_json(origin, query, bytes);
  return parse_series_csv(origin, query, bytes);
}

std::string to_json(const CarbonSeries& series) {
  nlohmann::ordered_json root{{"zone", series.signal().zone},
                              {"kind", enum_name(series.signal().kind)},
                              {"basis", enum_name(series.signal().basis)},
                              {"provider", series.provider()},
                              {"method", enum_name(series.method())},
                              {"unit", "g/kWh"},
                              {"generated_at", format_utc(series.generated_at())},
                              {"retrieved_at", format_utc(series.retrieved_at())},
                              {"step_s", series.step().count()},
                              {"values", nlohmann::ordered_json::array()}};
  for (std::size_t slot = 0; slot < series.size(); ++slot) {
    const std::optional<GramsPerKwh>& value = series.values()[slot];
    root["values"].push_back(
        {{"time", format_utc(series.start_of(slot))},
         {"gco2_per_kwh", value ? nlohmann::ordered_json(value->value) : nullptr}});
  }
  return root.dump(1);
}

}  // namespace greentrain
