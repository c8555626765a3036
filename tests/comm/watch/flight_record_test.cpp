#include "comm/watch/flight_record.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace greentrain {
namespace {

using namespace std::chrono_literals;

TEST(FlightRecord, holds_what_each_rank_did_last) {
  const Clock::Instant now(100s);
  FlightRecord record{{Trouble::Hang, {1}, "rank 1 is \"late\""}, {}, {}, {300s, 60s}, now, {}, 0};
  record.node.phases = {{"data"}, {"exchange", true}};
  record.node.host = "node7";
  record.node.ranks.resize(2);
  record.node.ranks[0].pulse = {0, {41, 9}, false, {now - 61s, 5, 1, Operation::AllReduce, 0, 8}};
  record.node.ranks[1].pulse = {1, {42, 9}, false, {now - 62s, 5, 0, Operation::None, 0, 7}};
  record.node.ranks[1].process = ProcessState::Stopped;
  record.histories = {{{now - 70s, 4, 0}, record.node.ranks[0].pulse.last}, {}};

  const auto json = nlohmann::json::parse(to_json(record));
  EXPECT_EQ(json["date"], "1970-01-01T00:00:00Z");
  EXPECT_EQ(json["trouble"], "hang");
  EXPECT_EQ(json["culprits"], nlohmann::json({1}));
  EXPECT_EQ(json["finding"], "rank 1 is \"late\"");
  EXPECT_EQ(json["timeout_s"], 60);
  EXPECT_TRUE(json["other_ranks"].is_null());
  const auto& waiting = json["ranks"][0];
  EXPECT_EQ(waiting["waits"], true);
  EXPECT_EQ(waiting["process"], "runs");
  ASSERT_EQ(waiting["beats"].size(), 2u);
  EXPECT_EQ(waiting["beats"][0]["ago_s"], 70);
  EXPECT_TRUE(waiting["beats"][0]["operation"].is_null());
  EXPECT_EQ(waiting["beats"][1]["operation"], "all_reduce");
  EXPECT_EQ(waiting["beats"][1]["collectives"], 8);
  const auto& stopped = json["ranks"][1];
  EXPECT_EQ(stopped["process"], "stopped");
  EXPECT_EQ(stopped["waits"], false);
  EXPECT_EQ(stopped["silent_s"], 62);
  EXPECT_EQ(stopped["pid"], 42);
}

}  // namespace
}  // namespace greentrain
