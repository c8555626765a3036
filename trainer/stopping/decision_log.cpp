#include "trainer/stopping/decision_log.h"

#include <sstream>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "comm/rank_errors.h"
#include "core/error.h"

namespace greentrain {
namespace {

using nlohmann::ordered_json;

ordered_json to_json(const Decision& decision) {
  return {{"step", decision.step},
          {"decision", decision.name},
          {"joules", decision.joules ? ordered_json(decision.joules->value) : ordered_json()},
          {"stop", decision.stop}};
}

Decision from_json(const ordered_json& json) {
  Decision decision;
  const ordered_json& step = json.at("step");
  if (!step.is_number_integer()) throw Error("the step is no whole number");
  decision.step = step.get<std::int64_t>();
  decision.name = json.at("decision").get<std::string>();
  decision.stop = json.at("stop").get<bool>();
  const ordered_json& joules = json.at("joules");
  if (!joules.is_null()) decision.joules = Joules{joules.get<double>()};
  return decision;
}

}  // namespace

std::vector<Decision> parse_decisions(const std::string& text, const std::string& name) {
  std::vector<Decision> decisions;
  std::istringstream lines(text);
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    try {
      decisions.push_back(from_json(ordered_json::parse(line)));
    } catch (const std::exception&) {
      throw UsageError(fmt::format(
          R"({}:{}: not a decision; expected lines such as {}, as a run leaves in decisions.jsonl)",
          name, number, to_json({40, "early_stopping", Joules{12.5}, false}).dump()));
    }
  }
  return decisions;
}

DecisionLog::DecisionLog(std::optional<std::filesystem::path> path) : path_(std::move(path)) {}

DecisionLog::DecisionLog(std::optional<std::filesystem::path> path, std::vector<Decision> recorded,
                         std::string name)
    : path_(std::move(path)),
      replays_(true),
      recorded_(std::move(recorded)),
      name_(std::move(name)) {}

std::optional<Joules> DecisionLog::joules(std::int64_t step, std::optional<Joules> measured) {
  if (!replays_) return measured;
  if (next_ < recorded_.size() && recorded_[next_].step == step) return recorded_[next_].joules;
  const std::string found = next_ < recorded_.size()
                                ? fmt::format("the next one is of step {}", recorded_[next_].step)
                                : fmt::format("its {} end before", recorded_.size());
  throw SharedError(
      fmt::format(
          "{}: has no decision for step {}: {}. Expected the record of a run of the same "
          "config that got at least as far; without train.replay_decisions the meter decides",
          name_, step, found),
      ExitCode::Usage);
}

void DecisionLog::decided(const Decision& decision) {
  if (replays_) expect_as_recorded(decision);
  if (!path_) return;
  if (!file_) file_.emplace(*path_);
  file_->append(to_json(decision).dump() + "\n");
}

void DecisionLog::expect_as_recorded(const Decision& decision) {
  const Decision& recorded = recorded_.at(next_++);
  if (recorded == decision) return;
  throw SharedError(
      fmt::format("{}: step {}: the decision recorded there is {} ({}), but this run comes to {} "
                  "({}) from the same joules. Expected the same config, data and greentrain",
                  name_, decision.step, recorded.stop ? "to stop" : "to go on", recorded.name,
                  decision.stop ? "to stop" : "to go on", decision.name),
      ExitCode::Usage);
}

}  // namespace greentrain
