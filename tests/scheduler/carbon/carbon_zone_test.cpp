#include "scheduler/carbon/carbon_zone.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/scheduler/carbon/forecast/synthetic_grid.h"

namespace greentrain {
namespace {

using namespace std::chrono_literals;
using ::testing::Each;
using ::testing::SizeIs;

class SetClock final : public Clock {
 public:
  Instant now() const override { return {}; }
  std::chrono::system_clock::time_point date() const override { return time; }
  UtcTime time{kSampleNow};
};

/// A feed whose next answer a test sets; records what it was asked.
class ScriptedFeed final : public CarbonFeed {
 public:
  struct Script {
    FeedAnswer answer;
    std::vector<FeedQuery> queries;
  };
  explicit ScriptedFeed(Script& script) : script_(script) {}
  const std::string& name() const override { return name_; }
  FeedAnswer fetch(const FeedQuery& query) override {
    script_.queries.push_back(query);
    return script_.answer;
  }

 private:
  std::string name_{"sample"};
  Script& script_;
};

class Zone : public ::testing::Test {
 protected:
  CarbonZone open() {
    return {"DE",   std::make_unique<ScriptedFeed>(script_),
            store_, clock_,
            {},     [this](const FeedTransition& change) { changes_.push_back(change); }};
  }
  FeedAnswer good() const {
    CarbonSeriesFields past = sample_fields(clock_.time - 24h, clock_.time, {});
    for (int hour = 0; hour < 24; ++hour) {
      past.values.push_back(GramsPerKwh{daily_shape(past.start + hour * 1h)});
    }
    CarbonSeriesFields future = past;
    future.method = SeriesMethod::Forecast;
    future.start = clock_.time;
    future.values.assign(48, GramsPerKwh{250});
    return {{CarbonSeries(past), CarbonSeries(future)}, {}};
  }
  static FeedAnswer bad(FaultKind kind, std::optional<std::chrono::seconds> retry_after = {}) {
    return {{}, {{kind, "sample", "", "", "trouble", "", retry_after}}};
  }

  SetClock clock_;
  VintageStore store_{":memory:"};
  ScriptedFeed::Script script_;
  std::vector<FeedTransition> changes_;
};

TEST_F(Zone, keeps_what_the_feed_said_and_gives_an_outlook) {
  CarbonZone zone = open();
  EXPECT_EQ(zone.state(), FeedState::Blind);
  EXPECT_EQ(zone.outlook(), std::nullopt);
  script_.answer = good();
  zone.poll();
  EXPECT_EQ(zone.state(), FeedState::Fresh);
  EXPECT_EQ(zone.signal(), script_.answer.series[0].signal());
  ASSERT_TRUE(zone.outlook());
  EXPECT_EQ(zone.outlook()->expected.at(clock_.time + 5h), GramsPerKwh{250});
  EXPECT_EQ(zone.next_poll(), clock_.time + 5min);
}

TEST_F(Zone, asks_for_the_long_past_once_and_then_for_a_day) {
  CarbonZone zone = open();
  script_.answer = good();
  zone.poll();
  clock_.time += 5min;
  zone.poll();
  ASSERT_THAT(script_.queries, SizeIs(2));
  EXPECT_EQ(script_.queries[0].history, 60 * 24h);
  EXPECT_EQ(script_.queries[1].history, 24h);
}

TEST_F(Zone, waits_longer_after_each_failure_and_then_five_minutes) {
  CarbonZone zone = open();
  script_.answer = bad(FaultKind::Unreachable);
  std::chrono::seconds longest{1};
  for (int failure = 0; failure < 10; ++failure) {
    zone.poll();
    const auto wait = zone.next_poll() - clock_.time;
    EXPECT_LE(wait, failure < 7 ? longest : 300s);
    EXPECT_GE(wait, failure < 7 ? longest / 2 : 300s);
    longest = std::min<std::chrono::seconds>(longest * 2, 60s);
    clock_.time = zone.next_poll();
  }
}

TEST_F(Zone, does_not_come_back_before_retry_after_has_passed) {
  CarbonZone zone = open();
  script_.answer = bad(FaultKind::Throttled, 1000s);
  EXPECT_THAT(zone.poll(), SizeIs(1));
  EXPECT_EQ(zone.next_poll(), clock_.time + 1000s);
}

TEST_F(Zone, ages_while_the_feed_is_dead_and_keeps_its_outlook) {
  CarbonZone zone = open();
  script_.answer = good();
  zone.poll();
  script_.answer = bad(FaultKind::Unreachable);
  clock_.time += 2h;
  zone.poll();
  EXPECT_EQ(zone.state(), FeedState::Stale);
  EXPECT_EQ(zone.outlook()->sources[0], OutlookSource::Provider);
  clock_.time += 23h;
  EXPECT_EQ(zone.state(), FeedState::Blind);
  EXPECT_THAT(zone.outlook()->sources, Each(OutlookSource::Local));
  EXPECT_EQ(changes_.back().to, FeedState::Blind);
}

TEST_F(Zone, is_suspect_after_a_rejected_answer) {
  CarbonZone zone = open();
  script_.answer = good();
  zone.poll();
  script_.answer = bad(FaultKind::Suspect);
  zone.poll();
  EXPECT_EQ(zone.state(), FeedState::Suspect);
  EXPECT_TRUE(zone.outlook());
}

TEST_F(Zone, starts_from_what_an_earlier_program_stored) {
  script_.answer = good();
  open().poll();
  clock_.time += 2min;
  CarbonZone later = open();
  EXPECT_EQ(later.state(), FeedState::Short) << "the forecast of 48 h began two minutes ago";
  EXPECT_EQ(later.next_poll(), clock_.time + 3min);
  EXPECT_TRUE(later.outlook());
}

TEST_F(Zone, shows_a_static_level_and_stays_blind) {
  CarbonSeriesFields level = sample_fields(clock_.time, clock_.time, {400, 400});
  level.method = SeriesMethod::Static;
  script_.answer = {{CarbonSeries(level)}, {}};
  CarbonZone zone = open();
  zone.poll();
  EXPECT_EQ(zone.state(), FeedState::Blind);
  const auto outlook = zone.outlook();
  ASSERT_TRUE(outlook);
  EXPECT_THAT(outlook->sources, Each(OutlookSource::Static));
  EXPECT_THAT(outlook->expected.values(), Each(std::optional(GramsPerKwh{400})));
  EXPECT_EQ(outlook->skill, std::nullopt);
}

}  // namespace
}  // namespace greentrain
