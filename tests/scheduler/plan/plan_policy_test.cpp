#include "scheduler/plan/plan_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/scheduler/plan/sample_jobs.h"

namespace greentrain {
namespace {

using namespace std::chrono_literals;

ForecastSkill good_skill() {
  ForecastSkill skill;
  skill.days = 30;
  skill.realised_at_least = Fraction{0.05};
  skill.skill_over_persistence = 0.3;
  return skill;
}

/// A clean hour at 1 and at 3, and the cleanest of all at 5; the provider's forecast ends at 4.
PlanBasis basis_in(FeedState state, std::optional<ForecastSkill> skill = {}) {
  return {slots_of({400, 200, 300, 200, 400, 190, 400}), state, kNoon + 4h, std::move(skill)};
}

struct Expected {
  FeedState state;
  bool skilled;
  bool delays;
  bool pauses;
};

TEST(DecidePlan, keeps_to_the_rights_of_each_state) {
  const std::vector<Expected> table{
      {FeedState::Fresh, false, true, true},     {FeedState::Short, false, true, true},
      {FeedState::Stale, false, false, false},   {FeedState::Stale, true, true, false},
      {FeedState::Suspect, false, false, false}, {FeedState::Suspect, true, true, false},
      {FeedState::Blind, false, false, false},   {FeedState::Blind, true, true, false}};
  for (const Expected& row : table) {
    ExactPlanner planner;
    const auto skill = row.skilled ? std::optional(good_skill()) : std::nullopt;
    const auto decided = decide_plan(planner, sample_job(2h), basis_in(row.state, skill), {});
    ASSERT_TRUE(decided);
    const std::string where(enum_name(row.state));
    EXPECT_EQ(decided->plan.start > kNoon, row.delays) << where << row.skilled;
    EXPECT_EQ(decided->plan.starts > 1, row.pauses) << where << row.skilled;
    EXPECT_EQ(decided->reason == PlanReason::Delayed, row.delays) << where << row.skilled;
    EXPECT_LE(decided->bound, decided->plan.grams.value);
  }
}

TEST(DecidePlan, goes_past_the_end_of_a_short_forecast_only_for_a_margin) {
  ExactPlanner planner;
  const Job job = sample_job(1h);
  PlanBasis basis = basis_in(FeedState::Short);
  EXPECT_EQ(decide_plan(planner, job, basis, {})->plan.start, kNoon + 1h);
  basis.slots[5].intensity = GramsPerKwh{150};
  EXPECT_EQ(decide_plan(planner, job, basis, {})->plan.start, kNoon + 5h);
  basis.state = FeedState::Fresh;
  basis.slots[5].intensity = GramsPerKwh{190};
  EXPECT_EQ(decide_plan(planner, job, basis, {})->plan.start, kNoon + 5h);
}

TEST(DecidePlan, pauses_in_a_short_forecast_only_within_the_providers_part) {
  ExactPlanner planner;
  PlanBasis basis = basis_in(FeedState::Short);
  basis.slots = slots_of({100, 100, 100, 100, 400, 100, 400});
  const auto decided = decide_plan(planner, sample_job(5h), basis, {});
  EXPECT_EQ(decided->plan.starts, 1);
  basis.state = FeedState::Fresh;
  EXPECT_EQ(decide_plan(planner, sample_job(5h), basis, {})->plan.starts, 2);
}

TEST(DecidePlan, does_not_wait_for_less_than_the_minimum) {
  ExactPlanner planner;
  PlanBasis basis{slots_of({200, 197, 197}), FeedState::Fresh, kNoon + 4h, {}};
  auto decided = decide_plan(planner, sample_job(2h), basis, {});
  EXPECT_EQ(decided->reason, PlanReason::GainTooSmall);
  EXPECT_EQ(decided->plan.start, kNoon);
  PolicySettings eager;
  eager.minimum.share = Fraction{0};
  EXPECT_EQ(decide_plan(planner, sample_job(2h), basis, eager)->reason, PlanReason::Delayed);
  eager.minimum.gain = Grams{4};
  EXPECT_EQ(decide_plan(planner, sample_job(2h), basis, eager)->reason, PlanReason::GainTooSmall);
}

TEST(DecidePlan, still_chooses_levels_when_it_may_not_wait) {
  ExactPlanner planner;
  const auto decided =
      decide_plan(planner, sample_job(2h, two_levels()), basis_in(FeedState::Blind), {});
  EXPECT_EQ(decided->plan.start, kNoon);
  EXPECT_EQ(decided->reason, PlanReason::TooFewDays);
  EXPECT_LT(decided->plan.energy, decided->run_now.energy);
}

TEST(DecidePlan, without_pauses_on_request) {
  ExactPlanner planner;
  PolicySettings settings;
  settings.may_pause = false;
  const auto decided = decide_plan(planner, sample_job(2h), basis_in(FeedState::Fresh), settings);
  EXPECT_EQ(decided->plan.starts, 1);
  EXPECT_GE(decided->bound, decided->plan.grams.value * 0.999);
}

TEST(DecidePlan, has_no_choice_at_the_deadline_and_none_after_it) {
  ExactPlanner planner;
  PlanBasis basis{slots_of({400, 100}), FeedState::Fresh, kNoon + 4h, {}};
  EXPECT_EQ(decide_plan(planner, sample_job(2h), basis, {})->plan.start, kNoon);
  EXPECT_FALSE(decide_plan(planner, sample_job(3h), basis, {}));
}

}  // namespace
}  // namespace greentrain
