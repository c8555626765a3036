#include "trainer/run/plan_json.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/error.h"

namespace greentrain {
namespace {

using nlohmann::json;

json carbon_json(const RunCarbon& carbon) {
  json object{{"joules", carbon.energy.value},
              {"idle_joules", carbon.idle_energy.value},
              {"realised_grams", carbon.realised.value},
              {"uncounted_joules", carbon.uncounted.value},
              {"provisional_share", carbon.provisional.value},
              {"settled", carbon.settled}};
  for (const char* name :
       {"at_once_grams", "timing_effect_grams", "energy_effect_grams", "idle_grams"}) {
    object[name] = nullptr;
  }
  if (carbon.saving) {
    object["at_once_grams"] = carbon.saving->baseline.value;
    object["timing_effect_grams"] = carbon.saving->timing_effect.value;
    object["energy_effect_grams"] = carbon.saving->energy_effect.value;
    object["idle_grams"] = carbon.saving->idle.value;
  }
  return object;
}

RunCarbon carbon_from(const json& object) {
  const auto number = [&](const char* name) { return object.at(name).get<double>(); };
  RunCarbon carbon;
  carbon.energy = Joules{number("joules")};
  carbon.idle_energy = Joules{number("idle_joules")};
  carbon.realised = Grams{number("realised_grams")};
  carbon.uncounted = Joules{number("uncounted_joules")};
  carbon.provisional = Fraction{number("provisional_share")};
  carbon.settled = object.at("settled").get<bool>();
  if (object.at("at_once_grams").is_null()) return carbon;
  carbon.saving =
      Saving{Grams{number("at_once_grams")}, carbon.realised, Grams{number("energy_effect_grams")},
             Grams{number("timing_effect_grams")}, Grams{number("idle_grams")}};
  return carbon;
}

UtcTime time_from(const json& object) {
  const auto text = object.get<std::string>();
  const auto time = parse_utc(text);
  if (!time) throw Error(fmt::format("\"{}\", expected a time in UTC", text));
  return *time;
}

/// Converting a number that is not one would be undefined behaviour.
std::int64_t whole_number(const json& number) {
  if (!number.is_number_integer()) {
    throw Error(fmt::format("{}, expected a whole number", number.dump()));
  }
  return number.get<std::int64_t>();
}

PlanOutcome outcome_from(const json& object) {
  PlanOutcome outcome;
  outcome.zone = object.at("zone").get<std::string>();
  outcome.signal = object.at("signal").get<std::string>();
  outcome.policy = object.at("policy").get<std::string>();
  if (!object.at("deadline").is_null()) outcome.deadline = time_from(object.at("deadline"));
  outcome.ended_at = time_from(object.at("ended_at"));
  outcome.paused = Seconds{object.at("paused_s").get<double>()};
  outcome.pauses = whole_number(object.at("pauses"));
  outcome.plans = whole_number(object.at("plans"));
  if (!object.at("planned_grams").is_null()) {
    outcome.planned = {Grams{object.at("planned_grams").get<double>()},
                       Grams{object.at("planned_at_once_grams").get<double>()},
                       Grams{object.at("bound_grams").get<double>()}};
  }
  if (!object.at("carbon").is_null()) outcome.carbon = carbon_from(object.at("carbon"));
  for (std::size_t i = 0; i < outcome.time_in.size(); ++i) {
    const auto name = std::string(enum_names<FeedState>[i]);
    outcome.time_in[i] = std::chrono::seconds{whole_number(object.at("states_s").at(name))};
  }
  outcome.stopped = object.at("stopped").get<std::string>();
  return outcome;
}

}  // namespace

json to_json(const PlanOutcome& outcome) {
  json object{{"zone", outcome.zone},
              {"signal", outcome.signal},
              {"policy", outcome.policy},
              {"deadline", nullptr},
              {"deadline_kept", outcome.deadline_kept()},
              {"ended_at", format_utc(outcome.ended_at)},
              {"paused_s", outcome.paused.count()},
              {"pauses", outcome.pauses},
              {"plans", outcome.plans},
              {"planned_grams", nullptr},
              {"planned_at_once_grams", nullptr},
              {"bound_grams", nullptr},
              {"carbon", nullptr},
              {"stopped", outcome.stopped}};
  if (outcome.deadline) object["deadline"] = format_utc(*outcome.deadline);
  if (outcome.planned) {
    object["planned_grams"] = outcome.planned->grams.value;
    object["planned_at_once_grams"] = outcome.planned->at_once.value;
    object["bound_grams"] = outcome.planned->bound.value;
  }
  if (outcome.carbon) object["carbon"] = carbon_json(*outcome.carbon);
  for (std::size_t i = 0; i < outcome.time_in.size(); ++i) {
    object["states_s"][std::string(enum_names<FeedState>[i])] = outcome.time_in[i].count();
  }
  return object;
}

PlanOutcome plan_outcome_from_json(const json& object) {
  try {
    return outcome_from(object);
  } catch (const json::exception& error) {
    throw Error(fmt::format("plan: {}", error.what()));
  }
}

}  // namespace greentrain
