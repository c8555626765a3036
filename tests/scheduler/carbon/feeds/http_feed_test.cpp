#include "scheduler/carbon/feeds/http_feed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/scheduler/carbon/feeds/feed_fakes.h"

namespace greentrain {
namespace {

using namespace std::chrono_literals;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

const char* const kHour = R"({"zone":"DE","carbonIntensity":300,"datetime":"2026-11-20T11:00Z",)"
                          R"("updatedAt":"2026-11-20T11:30Z"})";
const char* const kPoints =
    R"({"data":[{"point_time":"2026-11-20T12:00Z","value":1000}],"meta":{"units":"lbs_co2_per_mwh",)"
    R"("signal_type":"co2_moer","region":"R","data_point_period_seconds":300}})";

std::unique_ptr<FeedProtocol> latest() {
  return std::make_unique<OnePage>(make_protocol("electricitymaps"), "/latest");
}
std::unique_ptr<FeedProtocol> points() {
  return std::make_unique<OnePage>(make_protocol("watttime"), "/v3/historical");
}

/// Answers with each of a list of answers in turn, and with the last one from then on.
FakeHttpServer::Handler in_turn(std::vector<FakeAnswer> answers) {
  auto next = std::make_shared<std::size_t>(0);
  return [answers = std::move(answers), next](const FakeRequest&) {
    return answers[std::min((*next)++, answers.size() - 1)];
  };
}

TEST(HttpFeed, asks_for_the_pages_of_its_provider_with_its_key) {
  FeedBench bench(in_turn({{200, {}, kHour}}));
  HttpFeed feed = bench.feed(make_protocol("electricitymaps"));
  const FeedAnswer answer = feed.fetch({"DE", kSampleNow, 24h, 30h});
  ASSERT_THAT(bench.server.requests(), SizeIs(2));
  EXPECT_EQ(bench.server.requests()[0].target,
            "/v3/carbon-intensity/history?zone=DE&emissionFactorType=lifecycle");
  EXPECT_EQ(bench.server.requests()[1].target,
            "/v3/carbon-intensity/forecast?zone=DE&emissionFactorType=lifecycle&horizonHours=48");
  EXPECT_EQ(bench.server.requests()[1].headers.at("auth-token"), "token-of-test");
}

TEST(HttpFeed, keeps_the_past_when_the_plan_has_no_forecast) {
  FeedBench bench([](const FakeRequest& request) -> FakeAnswer {
    if (request.target.find("forecast?") != std::string::npos) return {403};
    return {200, {}, kHour};
  });
  HttpFeed feed = bench.feed(make_protocol("electricitymaps"));
  const FeedAnswer answer = feed.fetch({"DE", kSampleNow});
  EXPECT_THAT(answer.series, SizeIs(1));
  ASSERT_THAT(answer.faults, SizeIs(1));
  EXPECT_EQ(answer.faults[0].kind, FaultKind::Plan);
}

TEST(HttpFeed, tries_again_with_growing_waits_and_jitter) {
  FeedBench bench(in_turn({{500}, {503}, {200, {}, kHour}}));
  HttpFeed feed = bench.feed(latest());
  EXPECT_THAT(feed.fetch({"DE", kSampleNow}).series, SizeIs(1));
  ASSERT_THAT(bench.waits, SizeIs(2));
  EXPECT_GE(bench.waits[0], 500ms);
  EXPECT_LE(bench.waits[0], 1000ms);
  EXPECT_GE(bench.waits[1], 1000ms);
  EXPECT_LE(bench.waits[1], 2000ms);
}

TEST(HttpFeed, gives_up_after_its_attempts_and_keeps_the_last_fault) {
  FeedBench bench(in_turn({{500}}));
  HttpFeed feed = bench.feed(latest());
  const FeedAnswer answer = feed.fetch({"DE", kSampleNow});
  EXPECT_THAT(answer.series, IsEmpty());
  ASSERT_THAT(answer.faults, SizeIs(1));
  EXPECT_EQ(answer.faults[0].kind, FaultKind::Server);
  EXPECT_THAT(bench.server.requests(), SizeIs(3));
}

TEST(HttpFeed, survives_every_way_a_connection_can_break) {
  using Fault = FakeAnswer::Fault;
  for (const Fault fault : {Fault::CutBody, Fault::Hangup, Fault::Silence}) {
    FeedBench bench(in_turn({{200, {}, kHour, fault}}));
    bench.total = 50ms;
    HttpFeed feed = bench.feed(latest());
    const FeedAnswer answer = feed.fetch({"DE", kSampleNow});
    EXPECT_THAT(answer.series, IsEmpty());
    ASSERT_THAT(answer.faults, SizeIs(1));
    EXPECT_EQ(answer.faults[0].kind, FaultKind::Unreachable) << to_string(answer.faults[0]);
  }
}

TEST(HttpFeed, stops_reading_an_answer_without_end) {
  FeedBench bench(in_turn({{200, {}, std::string(2u << 20, ' ')}}));
  HttpFeed feed = bench.feed(latest());
  const FeedAnswer answer = feed.fetch({"DE", kSampleNow});
  ASSERT_THAT(answer.faults, SizeIs(1));
  EXPECT_THAT(answer.faults[0].found, HasSubstr("longer than 1048576 bytes"));
}

TEST(HttpFeed, waits_as_long_as_retry_after_says) {
  FeedBench bench(in_turn({{429, {{"Retry-After", "7"}}}, {200, {}, kHour}}));
  HttpFeed feed = bench.feed(latest());
  EXPECT_THAT(feed.fetch({"DE", kSampleNow}).series, SizeIs(1));
  EXPECT_THAT(bench.waits, ElementsAre(7s));
}

TEST(HttpFeed, does_not_wait_out_a_long_retry_after_but_passes_it_on) {
  FeedBench bench(in_turn({{429, {{"Retry-After", "600"}}}}));
  HttpFeed feed = bench.feed(latest());
  const FeedAnswer answer = feed.fetch({"DE", kSampleNow});
  EXPECT_THAT(bench.waits, IsEmpty());
  ASSERT_THAT(answer.faults, SizeIs(1));
  EXPECT_EQ(answer.faults[0].retry_after, 600s);
}

TEST(HttpFeed, takes_401_for_throttling_once_the_key_has_worked) {
  FeedBench bench(in_turn({{200, {}, kHour}, {401}}));
  HttpFeed feed = bench.feed(latest());
  feed.fetch({"DE", kSampleNow});
  const FeedAnswer answer = feed.fetch({"DE", kSampleNow});
  ASSERT_THAT(answer.faults, SizeIs(1));
  EXPECT_EQ(answer.faults[0].kind, FaultKind::Throttled);
  EXPECT_THAT(bench.server.requests(), SizeIs(2)) << "a refused key is not tried again at once";
}

TEST(HttpFeed, takes_401_for_a_wrong_key_at_first) {
  FeedBench bench(in_turn({{401}}));
  HttpFeed feed = bench.feed(latest());
  const FeedAnswer answer = feed.fetch({"DE", kSampleNow});
  ASSERT_THAT(answer.faults, SizeIs(1));
  EXPECT_EQ(answer.faults[0].kind, FaultKind::Unauthorized);
  EXPECT_THAT(to_string(answer.faults[0]), HasSubstr("ELECTRICITYMAPS_TOKEN"));
}

TEST(HttpFeed, logs_in_once_more_when_the_token_has_run_out) {
  int logins = 0;
  FeedBench bench([&](const FakeRequest& request) -> FakeAnswer {
    if (request.target == "/login") {
      EXPECT_EQ(request.headers.at("authorization"),
                "Basic dXNlci1vZi10ZXN0OnBhc3N3b3JkLW9mLXRlc3Q=");
      return {200, {}, R"({"token":"token)" + std::to_string(++logins) + "\"}"};
    }
    return request.headers.at("authorization") == "Bearer token2" ? FakeAnswer{200, {}, kPoints}
                                                                  : FakeAnswer{401};
  });
  HttpFeed feed = bench.feed(points());
  const FeedAnswer answer = feed.fetch({"R", kSampleNow});
  ASSERT_THAT(answer.series, SizeIs(1)) << to_string(answer.faults.at(0));
  EXPECT_NEAR(answer.series[0].at(kSampleNow)->value, 453.59237, 1e-9);
  feed.fetch({"R", kSampleNow});
  EXPECT_EQ(logins, 2) << "the new token is kept";
}

TEST(HttpFeed, says_so_when_the_login_answers_a_page_or_no_token) {
  for (const char* body :
       {"<html>", "{}", R"({"token":7})", R"({"access":"key-in-answer"})", "[]"}) {
    FeedBench bench(in_turn({{200, {}, body}}));
    HttpFeed feed = bench.feed(points());
    const FeedAnswer answer = feed.fetch({"R", kSampleNow});
    ASSERT_THAT(answer.faults, SizeIs(1));
    EXPECT_EQ(answer.faults[0].kind, FaultKind::Malformed);
    EXPECT_THAT(to_string(answer.faults[0]), HasSubstr("/login"));
    EXPECT_THAT(to_string(answer.faults[0]), Not(HasSubstr("key-in-answer")));
  }
}

TEST(HttpFeed, asks_for_nothing_without_a_key_and_names_the_variables) {
  FeedBench bench(in_turn({{200}}));
  HttpFeedParts parts = bench.parts(points());
  parts.keys = {};
  const FeedAnswer answer = HttpFeed(std::move(parts)).fetch({"R", kSampleNow});
  ASSERT_THAT(answer.faults, SizeIs(1));
  EXPECT_THAT(to_string(answer.faults[0]), HasSubstr("WATTTIME_USER and WATTTIME_PASSWORD"));
  EXPECT_THAT(bench.server.requests(), IsEmpty());
}

TEST(HttpFeed, does_not_follow_a_redirect_with_its_key) {
  FeedBench elsewhere(in_turn({{200, {}, kHour}}));
  FeedBench bench(in_turn({{302, {{"Location", elsewhere.server.url()}}}}));
  HttpFeed feed = bench.feed(latest());
  const FeedAnswer answer = feed.fetch({"DE", kSampleNow});
  EXPECT_EQ(answer.faults.at(0).kind, FaultKind::Configuration);
  EXPECT_THAT(elsewhere.server.requests(), IsEmpty());
}

TEST(HttpFeed, refuses_to_send_a_key_in_the_clear_to_another_machine) {
  FeedBench bench(in_turn({{200}}));
  for (const char* url : {"http://api.example.org", "http://localhost:1@api.example.org",
                          "http://127.0.0.1.example.org"}) {
    HttpFeedParts parts = bench.parts(latest());
    parts.base_url = url;
    HttpFeed feed(std::move(parts));
    EXPECT_THROW(feed.fetch({"DE", kSampleNow}), UsageError) << url;
  }
}

TEST(HttpFeed, stays_within_the_quota_of_its_provider) {
  FeedBench bench(in_turn({{200, {}, kHour}}));
  HttpFeed feed = bench.feed(latest());
  const std::size_t quota = make_protocol("electricitymaps")->facts().quota.requests;
  for (std::size_t request = 0; request < quota; ++request) feed.fetch({"DE", bench.now});
  HttpFeedParts parts;
  bench.now += 50s;
  const FeedAnswer refused = feed.fetch({"DE", bench.now});
  ASSERT_THAT(refused.series, SizeIs(1)) << "it waited for the quota";
  EXPECT_THAT(bench.waits, ElementsAre(10s));
  EXPECT_THAT(bench.server.requests(), SizeIs(quota + 1));
}

TEST(HttpFeed, refuses_a_zone_that_could_change_the_url) {
  FeedBench bench(in_turn({{200}}));
  for (const char* name : {"electricitymaps", "watttime", "energy-charts", "neso"}) {
    HttpFeed feed = bench.feed(make_protocol(name));
    for (const char* zone : {"", "D E", "DE&x=1", "../DE", "GB-OX1/x", "D\nE"}) {
      EXPECT_THROW(feed.fetch({zone, kSampleNow}), UsageError) << name << " " << zone;
    }
  }
  EXPECT_THAT(bench.server.requests(), IsEmpty());
}

TEST(Neso, asks_for_a_long_past_in_pages_of_two_weeks) {
  const auto paths = make_protocol("neso")->paths({"GB", kSampleNow, 30 * 24h, 48h});
  ASSERT_THAT(paths, SizeIs(4));
  EXPECT_EQ(paths[0], "/intensity/2026-10-21T12:00Z/2026-11-04T12:00Z");
  EXPECT_EQ(paths[2], "/intensity/2026-11-18T12:00Z/2026-11-20T12:00Z");
  EXPECT_EQ(paths[3], "/intensity/2026-11-20T12:00Z/fw48h");
}

TEST(Backoff, doubles_up_to_its_limit_and_takes_a_random_part) {
  std::mt19937_64 random(7);
  const RetryPolicy policy{10, 1s, 60s};
  for (const auto& [attempt, whole] : {std::pair{2, 1s}, {3, 2s}, {4, 4s}, {9, 60s}, {99, 60s}}) {
    const auto wait = backoff(policy, attempt, random);
    EXPECT_GE(wait, whole / 2);
    EXPECT_LE(wait, whole);
  }
}

TEST(RetryAfter, reads_seconds_and_dates_and_nothing_else) {
  EXPECT_EQ(parse_retry_after("120", kSampleNow), 120s);
  EXPECT_EQ(parse_retry_after("Fri, 20 Nov 2026 12:00:30 GMT", kSampleNow), 30s);
  EXPECT_EQ(parse_retry_after("Fri, 20 Nov 2026 11:00:00 GMT", kSampleNow), 0s);
  EXPECT_EQ(parse_retry_after("-5", kSampleNow), 0s);
  EXPECT_EQ(parse_retry_after("99999999", kSampleNow), 24h);
  for (const char* text : {"", "soon", "12 s", "1e3", "99999999999999999999"}) {
    EXPECT_EQ(parse_retry_after(text, kSampleNow), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace greentrain
