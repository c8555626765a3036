#include "trainer/run/run_meter.h"

#include <gmock/gmock.h>

#include "comm/rank_errors.h"
#include "tests/fakes/simulated_hosts.h"
#include "tests/fakes/test_folder.h"

namespace greentrain {
namespace {

using testing::Contains;
using testing::HasSubstr;

TEST(RunMeter, of_any_number_of_ranks_and_hosts_says_what_one_process_says) {
  EXPECT_LE(ranks_joules_spread_pct(), 0.5);
}

TEST(RunMeter, meters_each_machine_once) {
  SimulatedHosts one(1);
  const EnergyReport report = one.run(8, 10);
  EXPECT_EQ(report.components.size(), 3u) << "one package, two GPUs";
  EXPECT_NEAR(report.total.joules.value, one.drawn().value, 1e-6);
}

TEST(RunMeter, gives_a_gpu_that_two_machines_see_to_the_lower_rank) {
  SimulatedHosts two(2);
  const EnergyReport report = two.run(4, 10);
  EXPECT_EQ(report.components.size(), 4u) << "two packages, two GPUs";
  EXPECT_THAT(report.left_out, Contains(HasSubstr("another machine of the run meters it")));
  EXPECT_NEAR(report.total.joules.value, two.drawn().value, 1e-6);
}

TEST(RunMeter, adds_what_earlier_attempts_drew_on_all_hosts) {
  const TestFolder folder;
  SimulatedHosts two(2);
  two.run(3, 10, folder / "run");
  const EnergyReport whole = two.run(2, 5, folder / "run", /*first_step=*/10);
  ASSERT_TRUE(whole.earlier);
  EXPECT_EQ(whole.earlier->attempts, 1);
  EXPECT_EQ(whole.earlier->cut_off, 0);
  EXPECT_EQ(whole.earlier->repeated_steps, 0);
  EXPECT_NEAR(whole.total.joules.value, two.drawn().value, 1e-6);
}

TEST(RunMeter, shows_steps_of_an_earlier_attempt_that_are_done_again) {
  const TestFolder folder;
  SimulatedHosts one(1);
  one.run(2, 10, folder / "run");
  const EnergyReport whole = one.run(2, 5, folder / "run", /*first_step=*/7);
  EXPECT_EQ(whole.earlier->repeated_steps, 3);
  EXPECT_GT(whole.earlier->wasted.hi, Joules{});
  EXPECT_NEAR(whole.total.joules.value, one.drawn().value, 1e-6);
}

TEST(RunMeter, counts_a_third_attempt_as_such) {
  const TestFolder folder;
  SimulatedHosts one(1);
  for (int attempt = 0; attempt < 2; ++attempt) one.run(1, 2, folder / "run");
  EXPECT_EQ(one.run(1, 2, folder / "run").earlier->attempts, 2);
}

TEST(RunMeter, without_a_place_for_the_journal_still_says_what_was_drawn) {
  const TestFolder folder;
  std::ofstream(folder / "run") << "a file where the run directory should be";
  SimulatedHosts one(1);
  const EnergyReport report = one.run(1, 10, folder / "run");
  EXPECT_NEAR(report.total.joules.value, one.drawn().value, 1e-6);
  EXPECT_THAT(report.notes, Contains(HasSubstr("journal is not up to date")));
}

TEST(RunMeter, passes_over_a_damaged_journal_and_says_so) {
  const TestFolder folder;
  std::filesystem::create_directories(folder / "run/energy");
  std::ofstream(folder / "run/energy/node7.sqlite") << std::string(8192, 'x');
  SimulatedHosts one(1);
  const EnergyReport report = one.run(2, 10, folder / "run");
  EXPECT_NEAR(report.total.joules.value, one.drawn().value, 1e-6);
  EXPECT_THAT(report.notes, Contains(HasSubstr("was damaged")));
}

/// A machine on which nothing can be measured.
MachineTree blind(const FakeTree& tree) {
  return {.sys = tree.root(),
          .proc = tree.root(),
          .dev = tree.root(),
          .nvml = "",
          .perf = [](unsigned, unsigned long, int) { return nullptr; }};
}

TEST(RunMeter, goes_on_without_any_sensor_and_never_says_zero) {
  const FakeTree nothing;
  const ManualClock clock;
  run_ranks(2, [&](Communicator& comm) {
    PhaseTimer phases(clock);
    RunMeter meter(comm, MeterOptions{}, blind(nothing), phases, clock);
    EXPECT_EQ(meter.stop().total.quality, Quality::Unmeasured);
    EXPECT_FALSE(meter.failure());
  });
}

TEST(RunMeter, refuses_to_start_on_all_ranks_where_a_meter_is_required_and_there_is_none) {
  const FakeTree nothing;
  const ManualClock clock;
  MeterOptions options;
  options.required = true;
  run_ranks(3, [&](Communicator& comm) {
    PhaseTimer phases(clock);
    try {
      RunMeter meter(comm, options, blind(nothing), phases, clock);
      ADD_FAILURE() << "rank " << comm.rank() << " started";
    } catch (const SharedError& error) {
      EXPECT_THAT(error.what(), HasSubstr("meter.required is set"));
      EXPECT_EQ(error.code(), ExitCode::Usage);
    }
  });
}

}  // namespace
}  // namespace greentrain
