#include "scheduler/govern/carbon_governor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scheduler/govern/run_carbon.h"
#include "tests/scheduler/govern/simulated_run.h"

namespace greentrain {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(CarbonGovernor, pauses_in_dirty_hours_and_runs_in_clean_ones) {
  SimulatedRun run;
  const UtcTime end = run.run();
  // It measures for half a minute, waits for the clean hours, and takes two hours less that.
  EXPECT_THAT(run.orders(), ElementsAre("pause 0", "run 120"));
  EXPECT_NEAR(Seconds(end - run.begin).count(), Seconds(4h).count(), 120);
  EXPECT_EQ(run.governor->pace().pauses(), 1);
  EXPECT_EQ(run.decisions[0].advice.until, run.epoch + 2h);
  EXPECT_EQ(run.decisions[0].state, "FRESH");
  EXPECT_EQ(run.decisions[0].deadline, run.epoch + 8h);
  EXPECT_GT(run.decisions[0].left, Seconds{7000});
}

TEST(CarbonGovernor, runs_on_where_all_hours_are_alike) {
  SimulatedRun run;
  run.hours = {300};
  EXPECT_EQ(run.run(), run.begin + 2h);
  EXPECT_THAT(run.decisions, IsEmpty());
  EXPECT_EQ(run.governor->plans(), 1);
}

TEST(CarbonGovernor, does_not_pause_for_less_than_the_minimum) {
  SimulatedRun run;
  run.hours = {103, 103, 101, 101, 103};
  EXPECT_EQ(run.run(), run.begin + 2h);
  EXPECT_THAT(run.decisions, IsEmpty());
}

TEST(CarbonGovernor, pauses_in_the_middle_of_a_run) {
  SimulatedRun run;
  run.hours = {100, 400, 100, 400};
  const UtcTime end = run.run();
  EXPECT_THAT(run.orders(), ElementsAre("pause 60", "run 120"));
  EXPECT_EQ(end, run.begin + 3h);
}

TEST(CarbonGovernor, emits_what_it_has_planned_if_the_forecast_holds) {
  SimulatedRun run;
  run.paused_power = Watts{100};
  run.settings.paused_power = Watts{100};
  run.run();
  CarbonSeriesFields fields;
  fields.signal = {"GEN", SignalKind::Average, EmissionBasis::Unstated, "test"};
  fields.start = run.epoch;
  fields.step = 1h;
  for (const double value : run.hours) fields.values.push_back(GramsPerKwh{value});
  const CarbonSeries series(fields);
  const RunCarbon carbon = count_run(run.governor->pieces(), series, series);
  const auto planned = run.governor->planned();
  ASSERT_TRUE(planned);
  EXPECT_NEAR(carbon.realised.value, planned->grams.value, 0.01 * planned->grams.value);
  EXPECT_GE(carbon.realised.value, planned->bound.value * 0.99);
  EXPECT_NEAR(carbon.energy.value, run.joules.value, 2e4);
  EXPECT_NEAR(carbon.idle_energy.value, 2 * 3600 * 100, 1e4);
  EXPECT_NEAR(carbon.saving->baseline.value, 2 * 400, 5);
  EXPECT_NEAR(carbon.saving->total().value, (carbon.saving->baseline - carbon.realised).value,
              1e-9);
  EXPECT_NEAR(carbon.saving->energy_effect.value, -0.2 * 400, 5);
}

TEST(CarbonGovernor, keeps_the_deadline_although_the_run_slows_down) {
  SimulatedRun run;
  run.hours = {100, 400, 400, 400, 400, 100, 100, 400};
  run.start();
  run.run(run.begin + 30min);
  run.step_time = 30s;  // What is left takes four and a half hours, not one and a half.
  const UtcTime end = run.run();
  EXPECT_LE(end, run.epoch + 8h);
  EXPECT_EQ(run.steps, run.planned_steps);
}

TEST(CarbonGovernor, leaves_no_room_unused_but_the_margin) {
  SimulatedRun run;
  run.hours = {400, 400, 400, 400, 400, 400, 400, 100};
  const UtcTime end = run.run();
  EXPECT_LE(end, run.epoch + 8h);
  EXPECT_GE(end, run.epoch + 8h - 30min);
}

TEST(CarbonGovernor, keeps_the_deadline_although_the_feed_dies_in_a_pause) {
  SimulatedRun run;
  run.start();
  run.run(run.begin + 30min);
  run.feed_is_dead = true;
  const UtcTime end = run.run();
  EXPECT_THAT(run.orders(), ElementsAre("pause 0", "run 120"));  // As was planned.
  EXPECT_LE(end, run.epoch + 8h);
}

TEST(CarbonGovernor, runs_on_while_nothing_is_known_and_plans_once_something_is) {
  SimulatedRun run;
  run.feed_is_dead = true;
  run.run(run.begin + 1h);
  EXPECT_THAT(run.decisions, IsEmpty());
  EXPECT_EQ(run.steps, 360);
  run.feed_is_dead = false;
  run.run();
  EXPECT_THAT(run.orders(), ElementsAre("pause 60", "run 120"));
}

TEST(CarbonGovernor, makes_no_new_pause_on_a_stale_feed_but_ends_one_as_planned) {
  SimulatedRun stale;
  stale.state = FeedState::Stale;
  EXPECT_EQ(stale.run(), stale.begin + 2h);
  SimulatedRun run;
  run.run(run.begin + 30min);
  run.state = FeedState::Stale;
  run.run();
  EXPECT_THAT(run.orders(), ElementsAre("pause 0", "run 120"));
}

TEST(CarbonGovernor, resumes_when_a_pause_turns_out_to_draw_too_much) {
  SimulatedRun run;
  run.hours = {400, 300, 300, 300};
  run.paused_power = Watts{900};
  const UtcTime end = run.run();
  EXPECT_THAT(run.orders(), ElementsAre("pause 0", "run 1"));
  EXPECT_LT(end, run.begin + 2h + 5min);
  EXPECT_NEAR(run.decisions[1].paused_power->value, 900, 1);
}

TEST(CarbonGovernor, plans_again_when_the_forecast_changes_by_enough) {
  SimulatedRun run;
  run.run(run.begin + 30min);
  run.hours = {400, 400, 400, 400, 100, 100, 400, 400};
  run.run();
  EXPECT_THAT(run.orders(), ElementsAre("pause 0", "run 240"));
  EXPECT_EQ(run.governor->plans(), 2);
}

TEST(CarbonGovernor, keeps_its_plan_when_the_forecast_changes_by_little) {
  SimulatedRun run;
  run.run(run.begin + 30min);
  run.hours = {400, 400, 100, 100, 98, 98, 400, 400};
  run.run();
  EXPECT_THAT(run.orders(), ElementsAre("pause 0", "run 120"));
  EXPECT_EQ(run.governor->plans(), 1);
}

TEST(CarbonGovernor, only_says_what_it_would_do_where_it_observes) {
  SimulatedRun run;
  run.settings.policy = SchedulerPolicy::Observe;
  EXPECT_EQ(run.run(), run.begin + 2h);
  EXPECT_THAT(run.decisions, IsEmpty());
  ASSERT_TRUE(run.governor->planned());
  EXPECT_LT(run.governor->planned()->grams, run.governor->planned()->at_once);
}

TEST(CarbonGovernor, counts_slack_from_the_measured_length) {
  SimulatedRun run;
  run.settings.deadline.reset();
  run.settings.slack = Seconds{3h};
  run.settings.margin = Fraction{0.0};
  run.run();
  ASSERT_TRUE(run.governor->deadline());
  EXPECT_NEAR(Seconds(*run.governor->deadline() - run.begin).count(), Seconds(5h).count(), 60);
}

TEST(CarbonGovernor, pauses_nothing_where_there_is_no_slack) {
  SimulatedRun run;
  run.settings.deadline = run.begin + 2h + 12min;  // Less than a slot more.
  EXPECT_EQ(run.run(), run.begin + 2h);
}

TEST(CarbonGovernor, says_once_that_a_deadline_may_be_missed_and_goes_on) {
  SimulatedRun run;
  run.settings.deadline = run.begin + 1h;
  EXPECT_EQ(run.run(), run.begin + 2h);
  ASSERT_EQ(run.decisions.size(), 1U);
  EXPECT_EQ(run.decisions[0].advice.order, Order::Run);
  EXPECT_THAT(run.decisions[0].reason, HasSubstr("the deadline may be missed"));
}

TEST(CarbonGovernor, stops_at_the_deadline_on_request) {
  SimulatedRun run;
  run.settings.deadline = run.begin + 1h;
  run.settings.at_deadline = AtDeadline::Stop;
  EXPECT_EQ(run.run(), run.begin + 1h);
  EXPECT_EQ(run.decisions.back().advice.order, Order::Stop);
  EXPECT_THAT(run.governor->stop_reason(), HasSubstr("the deadline"));
}

TEST(CarbonGovernor, stops_when_the_energy_budget_is_used_up) {
  SimulatedRun run;
  run.hours = {300};
  run.settings.energy_budget = Joules{1.8e6};  // Half an hour.
  EXPECT_EQ(run.run(), run.begin + 30min);
  EXPECT_THAT(run.governor->stop_reason(), HasSubstr("energy budget"));
}

TEST(CarbonGovernor, plans_without_a_meter_but_promises_no_grams) {
  SimulatedRun run;
  run.running_power = Watts{0};
  run.run();
  EXPECT_THAT(run.orders(), ElementsAre("pause 0", "run 120"));
  EXPECT_FALSE(run.governor->planned());
  EXPECT_FALSE(run.decisions[0].expected_grams);
}

TEST(CarbonGovernor, gives_caps_to_a_run_that_can_set_them) {
  SimulatedRun run;
  run.hours = {300};
  run.settings.abilities.caps = {{1, 1, 1}, {0.5, 0.8, 0.6}};
  run.run(run.begin + 10min);
  ASSERT_FALSE(run.decisions.empty());
  EXPECT_EQ(run.decisions[0].advice.order, Order::Run);
  EXPECT_EQ(run.decisions[0].advice.cap, Fraction{0.5});
}

TEST(CarbonGovernor, lets_a_run_leave_that_can_come_back) {
  SimulatedRun run;
  run.paused_power = Watts{500};
  run.settings.abilities.leave = RunAbilities::Leave{1min, 5min};
  run.run(run.begin + 30min);
  ASSERT_FALSE(run.decisions.empty());
  EXPECT_EQ(run.decisions[0].advice.order, Order::Leave);
}

}  // namespace
}  // namespace greentrain
