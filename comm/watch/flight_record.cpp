#include "comm/watch/flight_record.h"

#include <fmt/chrono.h>
#include <nlohmann/json.hpp>

namespace greentrain {
namespace {

using Json = nlohmann::ordered_json;

Json nullable(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

Json beat_json(const FlightRecord& record, const Beat& beat) {
  Json json{{"ago_s", Seconds(record.now - beat.time).count()},
            {"step", beat.step},
            {"phase", record.node.phases.at(beat.phase).name},
            {"operation", nullable(to_string(beat.operation))},
            {"collectives", beat.number}};
  if (beat.operation == Operation::Bucket) json["bucket"] = beat.bucket;
  return json;
}

Json rank_json(const FlightRecord& record, std::size_t index) {
  const RankCondition& rank = record.node.ranks[index];
  Json beats = Json::array();
  for (const Beat& beat : record.histories.at(index)) beats.push_back(beat_json(record, beat));
  return {{"rank", rank.pulse.rank},
          {"pid", rank.pulse.process.pid},
          {"process", to_string(rank.process)},
          {"left", rank.pulse.left},
          {"waits", waits(record.node, rank)},
          {"silent_s", Seconds(record.now - rank.pulse.last.time).count()},
          {"beats", beats}};
}

}  // namespace

std::string to_json(const FlightRecord& record) {
  Json ranks = Json::array();
  for (std::size_t i = 0; i < record.node.ranks.size(); ++i) ranks.push_back(rank_json(record, i));
  const auto date = std::chrono::time_point_cast<std::chrono::seconds>(record.date);
  const Json json{{"schema_version", 1},
                  {"date", fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(date))},
                  {"trouble", record.diagnosis.trouble == Trouble::Lost ? "lost" : "hang"},
                  {"culprits", record.diagnosis.culprits},
                  {"finding", record.diagnosis.finding},
                  {"host", record.node.host},
                  {"written_by", record.written_by},
                  {"other_ranks", nullable(record.node.others)},
                  {"timeout_s", record.limits.step.count()},
                  {"first_step_timeout_s", record.limits.first_step.count()},
                  {"ranks", ranks}};
  return json.dump(2) + "\n";
}

}  // namespace greentrain
