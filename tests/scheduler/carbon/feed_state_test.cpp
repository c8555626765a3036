#include "scheduler/carbon/feed_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/file.h"
#include "scheduler/carbon/feeds/carbon_feed.h"
#include "tests/scheduler/carbon/sample_series.h"

namespace greentrain {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr auto kHorizon = 24h;

class SetClock final : public Clock {
 public:
  Instant now() const override { return {}; }
  std::chrono::system_clock::time_point date() const override { return time; }
  UtcTime time{kSampleNow};
};

class Watch : public ::testing::Test {
 protected:
  void accept() { watch_.accept(clock_.time, clock_.time + 48h); }
  FeedState after(std::chrono::seconds time) {
    clock_.time += time;
    return watch_.look();
  }
  std::vector<FeedState> states() const {
    std::vector<FeedState> all;
    for (const FeedTransition& change : changes_) all.push_back(change.to);
    return all;
  }

  SetClock clock_;
  std::vector<FeedTransition> changes_;
  FeedWatch watch_{"DE", {}, kHorizon, clock_, [this](const FeedTransition& change) {
                     changes_.push_back(change);
                   }};
};

TEST(Classify, takes_the_worst_that_holds) {
  const UtcTime now = kSampleNow;
  const UtcTime far = now + 100h;
  const auto state = [&](FeedFacts facts) { return classify(facts, {}, now, kHorizon); };
  EXPECT_EQ(state({}), FeedState::Blind);
  EXPECT_EQ(state({std::nullopt, far, true}), FeedState::Blind);
  EXPECT_EQ(state({now, far, false}), FeedState::Fresh);
  EXPECT_EQ(state({now - 90min, far, false}), FeedState::Fresh);
  EXPECT_EQ(state({now, now + kHorizon, false}), FeedState::Fresh);
  EXPECT_EQ(state({now, now + kHorizon - 1s, false}), FeedState::Short);
  EXPECT_EQ(state({now, std::nullopt, false}), FeedState::Short);
  EXPECT_EQ(state({now - 90min - 1s, now, false}), FeedState::Stale);
  EXPECT_EQ(state({now - 24h, far, false}), FeedState::Stale);
  EXPECT_EQ(state({now - 24h, far, true}), FeedState::Suspect);
  EXPECT_EQ(state({now - 24h - 1s, far, true}), FeedState::Blind);
  EXPECT_EQ(state({now + 1h, far, false}), FeedState::Fresh) << "a clock that runs ahead";
}

TEST_F(Watch, starts_blind_and_reports_each_change_once) {
  EXPECT_EQ(watch_.look(), FeedState::Blind);
  EXPECT_EQ(watch_.look(), FeedState::Blind);
  accept();
  EXPECT_EQ(after(1h), FeedState::Fresh);
  EXPECT_THAT(states(), ElementsAre(FeedState::Blind, FeedState::Fresh));
  EXPECT_EQ(changes_[0].from, std::nullopt);
  EXPECT_EQ(changes_[1].from, FeedState::Blind);
  EXPECT_EQ(changes_[1].zone, "DE");
}

TEST_F(Watch, ages_from_fresh_over_stale_to_blind_without_answers) {
  accept();
  EXPECT_EQ(after(90min), FeedState::Fresh);
  EXPECT_EQ(after(1s), FeedState::Stale);
  EXPECT_EQ(after(22h + 30min - 1s), FeedState::Stale);
  EXPECT_EQ(after(1s), FeedState::Blind);
  accept();
  EXPECT_EQ(watch_.look(), FeedState::Fresh);
}

TEST_F(Watch, keeps_the_last_good_answer_while_suspect) {
  accept();
  watch_.reject("unit changed");
  EXPECT_EQ(watch_.look(), FeedState::Suspect);
  EXPECT_EQ(watch_.facts().generated_at, kSampleNow);
  EXPECT_EQ(watch_.rejected(), 1u);
  EXPECT_THAT(changes_.back().reason, HasSubstr("unit changed"));
  accept();
  EXPECT_EQ(watch_.look(), FeedState::Fresh);
}

TEST_F(Watch, turns_blind_when_every_answer_is_rejected_for_a_day) {
  accept();
  for (int hour = 0; hour < 25; ++hour) {
    clock_.time += 1h;
    watch_.reject("zero");
  }
  EXPECT_EQ(watch_.look(), FeedState::Blind);
}

TEST_F(Watch, adds_up_the_time_in_each_state) {
  watch_.look();
  after(10min);
  accept();
  after(2h);
  after(1h);
  EXPECT_EQ(watch_.time_in(FeedState::Blind), 10min);
  EXPECT_EQ(watch_.time_in(FeedState::Fresh), 2h);
  EXPECT_EQ(watch_.time_in(FeedState::Stale), 1h);
}

TEST_F(Watch, adds_no_time_when_the_clock_is_set_back) {
  watch_.look();
  after(-5h);
  EXPECT_EQ(watch_.time_in(FeedState::Blind), 0s);
}

TEST_F(Watch, is_told_by_an_answer_what_was_accepted_and_rejected) {
  FeedAnswer answer;
  CarbonSeriesFields fields = sample_fields(kSampleNow, kSampleNow, {1, 2});
  answer.series.emplace_back(fields);
  tell(watch_, answer);
  EXPECT_EQ(watch_.look(), FeedState::Short) << "no forecast";
  answer.faults.push_back({FaultKind::Implausible, "a", "", "", "0", ""});
  tell(watch_, answer);
  EXPECT_EQ(watch_.look(), FeedState::Short) << "one value was left out";
  answer.faults.push_back({FaultKind::Unreachable, "a", "", "", "", ""});
  tell(watch_, answer);
  EXPECT_EQ(watch_.look(), FeedState::Short) << "a page that failed only lets the rest age";
  answer.faults.push_back({FaultKind::Suspect, "a", "", "", "unit", ""});
  tell(watch_, answer);
  EXPECT_EQ(watch_.look(), FeedState::Suspect);
}

TEST(PlanRights, are_never_wider_in_a_worse_state) {
  const FeedState order[] = {FeedState::Fresh, FeedState::Short, FeedState::Stale,
                             FeedState::Suspect, FeedState::Blind};
  for (std::size_t worse = 1; worse < std::size(order); ++worse) {
    const PlanRights better = plan_rights(order[worse - 1]);
    const PlanRights rights = plan_rights(order[worse]);
    EXPECT_GE(rights.delay, better.delay);
    EXPECT_GE(rights.pause, better.pause);
    EXPECT_GE(rights.forecast, better.forecast);
  }
  EXPECT_EQ(plan_rights(FeedState::Fresh),
            (PlanRights{PlanForecast::Provider, DelayRight::Yes, PauseRight::Yes}));
  EXPECT_EQ(plan_rights(FeedState::Blind),
            (PlanRights{PlanForecast::Local, DelayRight::OnLocalSkill, PauseRight::No}));
}

TEST(PlanRights, stand_in_the_documentation_as_in_the_code) {
  EXPECT_THAT(read_file(GREENTRAIN_DOCS "/carbon.md"), HasSubstr(plan_rights_table()));
}

}  // namespace
}  // namespace greentrain
