#include "meter/journal/run_energy.h"

#include <gmock/gmock.h>

namespace greentrain {
namespace {

using testing::Contains;
using testing::HasSubstr;

Energy measured(double joules, double error = 0.1) {
  return {.joules = {joules},
          .lo = {joules * (1 - error)},
          .hi = {joules * (1 + error)},
          .covered_fraction = 1,
          .quality = Quality::Measured};
}

EnergyReport report(double joules) {
  EnergyReport report;
  report.total = measured(joules);
  report.components = {{"node0", "rapl:package-0", "CPU", "file", report.total}};
  report.phases = {{Phase::Forward, Seconds(5), {joules * 0.25}},
                   {Phase::Backward, Seconds(5), {joules * 0.75}}};
  return report;
}

/// 100 W from the start on; the segment began at second 1000 x attempt.
SegmentHistory segment(std::int64_t attempt, RecordReason reason, double seconds,
                       std::int64_t step) {
  SegmentHistory history;
  history.segment = {.id = "segment-" + std::to_string(attempt),
                     .node = "node0",
                     .label = "run",
                     .attempt = attempt,
                     .first_step = 0,
                     .started_at = 1000.0 * static_cast<double>(attempt),
                     .period = Seconds(10),
                     .max_power = Watts{500}};
  history.last = JournalRecord{.segment = history.segment.id,
                               .number = 3,
                               .reason = reason,
                               .written_at = history.segment.started_at + seconds,
                               .time = Seconds(seconds),
                               .step = step,
                               .energy = report(100 * seconds),
                               .since_checkpoint = {}};
  history.last->since_checkpoint = history.last->energy.total;
  return history;
}

PresentAttempt present(std::int64_t number, std::int64_t first_step, double started_at = 1e9) {
  return {number, first_step, started_at, {report(1000), Seconds(10)}};
}

TEST(WholeRun, of_a_first_attempt_is_its_report) {
  const EnergyReport whole = whole_run({}, present(1, 0));
  EXPECT_EQ(whole.total.joules, Joules{1000});
  EXPECT_FALSE(whole.earlier);
}

TEST(WholeRun, adds_an_attempt_that_ended_well_without_widening) {
  const EnergyReport whole =
      whole_run({segment(1, RecordReason::End, 50, 20)}, present(2, /*first_step=*/20));
  EXPECT_DOUBLE_EQ(whole.total.joules.value, 6000);
  EXPECT_DOUBLE_EQ(whole.total.lo.value, 5400);
  EXPECT_DOUBLE_EQ(whole.total.hi.value, 6600);
  EXPECT_EQ(whole.total.quality, Quality::Measured);
  EXPECT_EQ(whole.earlier->attempts, 1);
  EXPECT_EQ(whole.earlier->cut_off, 0);
  EXPECT_EQ(whole.earlier->repeated_steps, 0);
  EXPECT_EQ(whole.earlier->wasted.quality, Quality::Unmeasured) << "nothing was done twice";
  ASSERT_EQ(whole.components.size(), 1u) << "one sensor, one line";
  EXPECT_DOUBLE_EQ(whole.components[0].energy.joules.value, 6000);
}

TEST(WholeRun, holds_what_a_killed_attempt_drew_after_its_last_record) {
  const EnergyReport whole =
      whole_run({segment(1, RecordReason::Interval, 50, 20)}, present(2, 20));
  // At most two periods at 500 W, from nothing; at the mean of 100 W over half of them.
  EXPECT_DOUBLE_EQ(whole.total.joules.value, 6000 + 100 * 10);
  EXPECT_DOUBLE_EQ(whole.total.lo.value, 5400);
  EXPECT_DOUBLE_EQ(whole.total.hi.value, 6600 + 500 * 20);
  EXPECT_EQ(whole.total.quality, Quality::Estimated);
  EXPECT_EQ(whole.total.gaps, 1);
  EXPECT_DOUBLE_EQ(whole.total.covered_fraction, 60.0 / 80);
  EXPECT_EQ(whole.earlier->cut_off, 1);
  EXPECT_THAT(whole.notes, Contains(HasSubstr("was cut off")));
  double phases = 0;
  for (const PhaseEnergy& phase : whole.phases) phases += phase.joules.value;
  EXPECT_DOUBLE_EQ(phases, whole.total.joules.value);
  double components = 0;
  for (const auto& part : whole.components) components += part.energy.joules.value;
  EXPECT_DOUBLE_EQ(components, whole.total.joules.value);
}

TEST(WholeRun, bounds_the_tail_by_the_next_start_if_that_came_sooner) {
  const EnergyReport whole =
      whole_run({segment(1, RecordReason::Interval, 50, 20)}, present(2, 20, /*started_at=*/1053));
  EXPECT_DOUBLE_EQ(whole.total.hi.value, 6600 + 500 * 3);
}

TEST(WholeRun, does_not_trust_a_clock_that_stepped_back) {
  const EnergyReport whole =
      whole_run({segment(1, RecordReason::Interval, 50, 20)}, present(2, 20, /*started_at=*/500));
  EXPECT_DOUBLE_EQ(whole.total.hi.value, 6600 + 500 * 20);
}

TEST(WholeRun, shows_steps_that_were_done_again_as_wasted) {
  SegmentHistory killed = segment(1, RecordReason::Interval, 50, 20);
  killed.checkpoint_step = 15;
  killed.last->since_checkpoint = measured(1200);
  const EnergyReport whole = whole_run({killed}, present(2, /*first_step=*/15));
  EXPECT_EQ(whole.earlier->repeated_steps, 5);
  EXPECT_DOUBLE_EQ(whole.earlier->wasted.joules.value, 1200 + 1000);
  EXPECT_DOUBLE_EQ(whole.earlier->wasted.lo.value, 1080);
  EXPECT_DOUBLE_EQ(whole.earlier->wasted.hi.value, 1320 + 10000);
  EXPECT_LE(whole.earlier->wasted.hi, whole.earlier->energy.hi) << "a part of it";
  EXPECT_DOUBLE_EQ(whole.total.joules.value, 7000) << "counts all the same";
}

TEST(WholeRun, resumed_from_an_older_checkpoint_wastes_what_came_after_it) {
  SegmentHistory killed = segment(1, RecordReason::End, 50, 20);
  killed.checkpoint_step = 15;
  killed.by_step = {{10, measured(2000)}, {15, measured(3000)}};
  const EnergyReport whole = whole_run({killed}, present(2, /*first_step=*/10));
  EXPECT_EQ(whole.earlier->repeated_steps, 10);
  EXPECT_DOUBLE_EQ(whole.earlier->wasted.joules.value, 5000 - 2000);
  EXPECT_LE(whole.earlier->wasted.lo, Joules{3000});
  EXPECT_GE(whole.earlier->wasted.hi, Joules{3000});
}

TEST(WholeRun, started_over_from_nothing_wastes_all_of_it) {
  const EnergyReport whole = whole_run({segment(1, RecordReason::End, 50, 20)}, present(2, 0));
  EXPECT_EQ(whole.earlier->repeated_steps, 20);
  EXPECT_DOUBLE_EQ(whole.earlier->wasted.joules.value, 5000);
}

TEST(WholeRun, bounds_an_attempt_that_was_killed_before_its_first_record) {
  SegmentHistory killed = segment(1, RecordReason::Interval, 0, 0);
  killed.last.reset();
  const EnergyReport whole = whole_run({killed}, present(2, 0));
  EXPECT_DOUBLE_EQ(whole.total.joules.value, 1000 + 100 * 10) << "at the power of this attempt";
  EXPECT_DOUBLE_EQ(whole.total.lo.value, 900);
  EXPECT_DOUBLE_EQ(whole.total.hi.value, 1100 + 500 * 20);
  EXPECT_EQ(whole.total.quality, Quality::Estimated);
}

TEST(WholeRun, adds_the_nodes_of_an_attempt_and_counts_their_steps_once) {
  SegmentHistory other = segment(1, RecordReason::End, 50, 20);
  other.segment.id = "other";
  other.segment.node = "node1";
  const EnergyReport whole =
      whole_run({segment(1, RecordReason::End, 50, 20), other}, present(2, 10));
  EXPECT_DOUBLE_EQ(whole.total.joules.value, 11000);
  EXPECT_EQ(whole.earlier->attempts, 1);
  EXPECT_EQ(whole.earlier->repeated_steps, 10);
}

TEST(WholeRun, of_three_attempts_compares_each_with_the_one_after_it) {
  SegmentHistory second = segment(2, RecordReason::End, 30, 25);
  second.segment.first_step = second.checkpoint_step = 18;
  const EnergyReport whole =
      whole_run({segment(1, RecordReason::End, 50, 20), second}, present(3, 25));
  EXPECT_EQ(whole.earlier->attempts, 2);
  EXPECT_EQ(whole.earlier->repeated_steps, 2);
  EXPECT_DOUBLE_EQ(whole.total.joules.value, 5000 + 3000 + 1000);
}

TEST(WholeRun, passes_over_records_of_the_present_attempt) {
  const EnergyReport whole = whole_run({segment(2, RecordReason::Interval, 5, 1)}, present(2, 0));
  EXPECT_DOUBLE_EQ(whole.total.joules.value, 1000);
}

TEST(WholeRun, names_an_attempt_that_no_sensor_saw) {
  SegmentHistory blind = segment(1, RecordReason::End, 50, 20);
  blind.segment.max_power = Watts{};
  blind.last->energy = {};
  const EnergyReport whole = whole_run({blind}, present(2, 20));
  EXPECT_DOUBLE_EQ(whole.total.joules.value, 1000);
  EXPECT_THAT(whole.excludes, Contains(HasSubstr("unmeasured")));
}

}  // namespace
}  // namespace greentrain
