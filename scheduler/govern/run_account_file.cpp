#include "scheduler/govern/run_account_file.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/error.h"

namespace greentrain {
namespace {

using Json = nlohmann::ordered_json;

Json count_json(const RunAccountFile::Entry& entry) {
  const RunCarbon& carbon = entry.carbon;
  Json json{{"at", format_utc(entry.at)},
            {"joules", carbon.energy.value},
            {"idle_joules", carbon.idle_energy.value},
            {"grams", carbon.realised.value},
            {"uncounted_joules", carbon.uncounted.value},
            {"provisional", carbon.provisional.value},
            {"settled", carbon.settled},
            {"saving", nullptr}};
  if (carbon.saving) {
    json["saving"] = {{"grams_at_once", carbon.saving->baseline.value},
                      {"timing_effect_grams", carbon.saving->timing_effect.value},
                      {"energy_effect_grams", carbon.saving->energy_effect.value},
                      {"idle_grams", carbon.saving->idle.value}};
  }
  return json;
}

UtcTime time_of(const Json& json) {
  const auto time = parse_utc(json.get<std::string>());
  if (!time) throw Error(fmt::format("\"{}\" is no time in UTC", json.get<std::string>()));
  return *time;
}

template <class Enum>
Enum enum_of(const Json& json) {
  const auto& names = enum_names<Enum>;
  const auto found = std::find(names.begin(), names.end(), json.get<std::string>());
  if (found == names.end()) throw Error(fmt::format("{} is not known", json.dump()));
  return static_cast<Enum>(found - names.begin());
}

std::chrono::seconds step_of(const Json& json) {
  constexpr std::int64_t kLongest = 366 * 86400;
  const std::int64_t step = json.is_number_integer() ? json.get<std::int64_t>() : 0;
  if (step < 1 || step > kLongest) {
    throw Error(fmt::format("step_s is {}, expected 1 to {}", json.dump(), kLongest));
  }
  return std::chrono::seconds{step};
}

RunAccountFile::Entry count_of(const Json& json) {
  RunAccountFile::Entry entry{time_of(json.at("at")), {}};
  RunCarbon& carbon = entry.carbon;
  carbon.energy = Joules{json.at("joules").get<double>()};
  carbon.idle_energy = Joules{json.at("idle_joules").get<double>()};
  carbon.realised = Grams{json.at("grams").get<double>()};
  carbon.uncounted = Joules{json.at("uncounted_joules").get<double>()};
  carbon.provisional = Fraction{json.at("provisional").get<double>()};
  carbon.settled = json.at("settled").get<bool>();
  if (const Json& saving = json.at("saving"); !saving.is_null()) {
    carbon.saving = Saving{Grams{saving.at("grams_at_once").get<double>()}, carbon.realised,
                           Grams{saving.at("energy_effect_grams").get<double>()},
                           Grams{saving.at("timing_effect_grams").get<double>()},
                           Grams{saving.at("idle_grams").get<double>()}};
  }
  return entry;
}

/// What the rest relies on.
void check(const RunAccountFile& account) {
  UtcTime last = UtcTime::min();
  for (const EnergyPiece& piece : account.pieces) {
    if (piece.from < last || piece.to <= piece.from) {
      throw Error(
          fmt::format("a piece from {}: expected times that go on", format_utc(piece.from)));
    }
    last = piece.to;
  }
  for (const PublishedValue& value : account.expected) {
    const bool good = value.value.value > 0 && value.step > std::chrono::seconds{0} &&
                      value.step <= CarbonSeries::kMaxStep;
    if (!good) throw Error("an expected value: expected a step and an intensity above 0");
  }
}

}  // namespace

std::string RunAccountFile::to_json() const {
  Json json{{"signal",
             {{"zone", signal.zone},
              {"kind", enum_name(signal.kind)},
              {"basis", enum_name(signal.basis)},
              {"provider", signal.provider}}},
            {"store", store},
            {"planned_grams", planned ? Json(planned->value) : Json(nullptr)},
            {"pieces", Json::array()},
            {"expected", Json::array()},
            {"counts", Json::array()}};
  for (const EnergyPiece& piece : pieces) {
    json["pieces"].push_back({{"from", format_utc(piece.from)},
                              {"to", format_utc(piece.to)},
                              {"joules", piece.energy.value},
                              {"paused", piece.paused}});
  }
  for (const PublishedValue& value : expected) {
    json["expected"].push_back({{"start", format_utc(value.start)},
                                {"step_s", value.step.count()},
                                {"gco2_per_kwh", value.value.value}});
  }
  for (const Entry& entry : counts) json["counts"].push_back(count_json(entry));
  return json.dump(1) + "\n";
}

RunAccountFile RunAccountFile::from_json(const std::string& file, const std::string& text) {
  try {
    const Json json = Json::parse(text);
    RunAccountFile account;
    const Json& signal = json.at("signal");
    account.signal = {signal.at("zone").get<std::string>(), enum_of<SignalKind>(signal.at("kind")),
                      enum_of<EmissionBasis>(signal.at("basis")),
                      signal.at("provider").get<std::string>()};
    account.store = json.at("store").get<std::string>();
    for (const Json& piece : json.at("pieces")) {
      account.pieces.push_back({time_of(piece.at("from")), time_of(piece.at("to")),
                                Joules{piece.at("joules").get<double>()},
                                piece.at("paused").get<bool>()});
    }
    if (!json.at("planned_grams").is_null()) {
      account.planned = Grams{json.at("planned_grams").get<double>()};
    }
    for (const Json& value : json.at("expected")) {
      account.expected.push_back({time_of(value.at("start")),
                                  step_of(value.at("step_s")),
                                  GramsPerKwh{value.at("gco2_per_kwh").get<double>()},
                                  SeriesMethod::Forecast,
                                  {}});
    }
    for (const Json& count : json.at("counts")) account.counts.push_back(count_of(count));
    check(account);
    return account;
  } catch (const std::exception& error) {  // Of the JSON library, or of a field.
    throw UsageError(fmt::format("{}: not the account of a run: {}", file, error.what()));
  }
}

}  // namespace greentrain
